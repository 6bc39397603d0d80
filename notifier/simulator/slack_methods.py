"""List the methods of Slack's Web API that the stand-in knows, and the scope of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notifier.simulator import slack_conversations, slack_messages
from notifier.simulator.slack_call import PEOPLE, Answer, Call
from notifier.simulator.slack_limits import Refused
from notifier.simulator.slack_workspace import BOT, TEAM


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method and the scope it needs."""

    run: Callable[[Call], Answer]
    scope: str = ""


def _auth_test(call: Call) -> Answer:
    return {
        "url": f"{call.root}/",
        "team": "Simulated",
        "team_id": TEAM,
        "user": "notifier",
        "user_id": BOT,
        "bot_id": "B000000001",
        "is_enterprise_install": False,
    }


def _person(user: tuple[str, str, str]) -> Answer:
    number, name, email = user
    return {"id": number, "name": name, "deleted": False, "profile": {"email": email}}


def _users_list(_call: Call) -> Answer:
    return {"members": [_person(user) for user in PEOPLE], "response_metadata": {"next_cursor": ""}}


def _by_email(call: Call) -> Answer:
    user = next((u for u in PEOPLE if u[2] == call.text("email")), None)
    if user is None:
        raise Refused("users_not_found")
    return {"user": _person(user)}


def _of_group(call: Call) -> Answer:
    users = call.workspace.groups.get(call.text("usergroup"))
    if users is None:
        raise Refused("no_such_subteam")
    return {"users": list(users)}


METHODS: Mapping[str, Method] = {
    "api.test": Method(lambda _: {}),
    "auth.test": Method(_auth_test),
    "chat.postMessage": Method(slack_messages.post, "chat:write"),
    "chat.update": Method(slack_messages.update, "chat:write"),
    "chat.delete": Method(slack_messages.delete, "chat:write"),
    "chat.postEphemeral": Method(lambda _: {"message_ts": "0.0"}, "chat:write"),
    "chat.getPermalink": Method(slack_messages.permalink),
    "conversations.list": Method(slack_conversations.list_all, "channels:read"),
    "conversations.info": Method(slack_conversations.info, "channels:read"),
    "conversations.join": Method(slack_conversations.join, "channels:join"),
    "conversations.history": Method(slack_conversations.history, "channels:history"),
    "conversations.replies": Method(slack_conversations.replies, "channels:history"),
    "reactions.add": Method(slack_messages.react, "reactions:write"),
    "usergroups.users.list": Method(_of_group, "usergroups:read"),
    "users.list": Method(_users_list, "users:read"),
    "users.lookupByEmail": Method(_by_email, "users:read.email"),
}
