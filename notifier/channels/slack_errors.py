"""Say what each of Slack's errors means for the message, the destination and the token.

Names: the error lists of https://docs.slack.dev/reference/methods/chat.postMessage and chat.update.
An error that is not here is permanent for its message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from notifier.channels.http import retry_after
from notifier.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError


class Meaning(Enum):
    """What is to be done about an error."""

    WAIT = "wait"  # too many messages: nothing was posted, later
    UNSURE = "unsure"  # it may have been posted
    LONG = "long"  # a migration or the like: later, in minutes
    DESTINATION = "destination"  # nothing can be posted there
    CREDENTIAL = "credential"  # nothing can be posted with this token
    REJECTED = "rejected"  # the message's form: a plainer one may be taken
    GONE = "gone"  # the message to edit or to answer


_NAME = re.compile(r"[a-z_]+")
DETAIL = 300  # characters of Slack's explanations that are kept
LONG_WAIT = timedelta(minutes=5)

MEANINGS: dict[str, Meaning] = {
    error: meaning
    for meaning, errors in {
        Meaning.WAIT: "ratelimited rate_limited message_limit_exceeded",
        Meaning.UNSURE: (
            "internal_error fatal_error service_unavailable request_timeout update_failed "
            "duplicate_message_not_found duplicate_channel_not_found"
        ),
        Meaning.LONG: (
            "team_added_to_org org_login_required accesslimited external_channel_migrating "
            "streaming_state_conflict"
        ),
        Meaning.DESTINATION: (
            "channel_not_found not_in_channel is_archived is_inactive no_permission access_denied "
            "restricted_action restricted_action_read_only_channel "
            "restricted_action_thread_only_channel restricted_action_non_threadable_channel "
            "messages_tab_disabled user_not_in_channel user_not_found cannot_dm_bot "
            "method_not_supported_for_channel_type as_user_not_supported "
            "slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked"
        ),
        Meaning.CREDENTIAL: (
            "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope "
            "not_allowed_token_type team_access_not_granted two_factor_setup_required "
            "ekm_access_denied enterprise_is_restricted team_not_found team_not_granted "
            "deprecated_endpoint method_deprecated"
        ),
        Meaning.REJECTED: (
            "invalid_blocks invalid_blocks_format invalid_attachments msg_too_long "
            "msg_blocks_too_long no_text invalid_arguments invalid_arg_name invalid_array_arg "
            "invalid_charset invalid_form_data invalid_post_type missing_post_type "
            "too_many_attachments attachment_payload_limit_exceeded metadata_too_large "
            "invalid_metadata_format invalid_metadata_schema metadata_must_be_sent_from_app "
            "markdown_text_conflict block_mismatch too_many_contact_cards"
        ),
        Meaning.GONE: (
            "message_not_found cant_update_message edit_window_closed cannot_reply_to_message "
            "cant_broadcast_message no_dual_broadcast_content_update thread_not_found "
            "restricted_action_thread_locked"
        ),
    }.items()
    for error in errors.split()
}

ADVICE = {
    "channel_not_found": "check its name; invite the bot if the channel is private",
    "not_in_channel": "invite the bot to the channel, or grant it chat:write.public",
    "is_archived": "the channel is archived; name another one",
    "invalid_auth": "check NOTIFIER_SLACK__BOT_TOKEN",
    "not_authed": "set NOTIFIER_SLACK__BOT_TOKEN",
    "token_revoked": "install the app again and set NOTIFIER_SLACK__BOT_TOKEN",
    "token_expired": "renew NOTIFIER_SLACK__BOT_TOKEN",
    "account_inactive": "install the app again and set NOTIFIER_SLACK__BOT_TOKEN",
}


def lost(error: object, *, ambiguous: bool) -> TemporaryDeliveryError:
    """No answer came. The library's own text may hold the request, and is not repeated."""
    name = type(error).__name__
    return TemporaryDeliveryError(f"No answer from Slack ({name}).", ambiguous=ambiguous)


def refused(error: SlackApiError, now: datetime, *, unsure: bool) -> DeliveryError:
    """Slack's answer is no. *unsure*: what was asked shows when it was done all the same."""
    response: Any = error.response
    status = getattr(response, "status_code", HTTPStatus.OK)
    headers = getattr(response, "headers", None) or {}
    said = response.data if isinstance(getattr(response, "data", None), dict) else {}
    name = str(said.get("error") or "")
    if not _NAME.fullmatch(name):
        name = ""  # what the SDK says of an answer that is no JSON
    if status == HTTPStatus.TOO_MANY_REQUESTS or MEANINGS.get(name) is Meaning.WAIT:
        return TemporaryDeliveryError("Slack asks to wait.", after=retry_after(headers, now))
    if not name and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return PermanentDeliveryError(f"Slack answers HTTP {status}.", broken="destination")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not name:
        return TemporaryDeliveryError(f"Slack answers HTTP {status}.", ambiguous=unsure)
    return _classified(name, _explained(name, said), unsure=unsure)


def _classified(name: str, text: str, *, unsure: bool) -> DeliveryError:
    match MEANINGS.get(name):
        case Meaning.UNSURE:
            return TemporaryDeliveryError(text, ambiguous=unsure)
        case Meaning.LONG:
            return TemporaryDeliveryError(text, after=LONG_WAIT)
        case Meaning.DESTINATION:
            return PermanentDeliveryError(text, broken="destination", name=name)
        case Meaning.CREDENTIAL:
            return PermanentDeliveryError(text, broken="credential", name=name)
        case Meaning.REJECTED:
            return PermanentDeliveryError(text, rejected=True, name=name)
        case Meaning.GONE:
            return PermanentDeliveryError(text, gone=True, name=name)
        case _:
            return PermanentDeliveryError(text, name=name)


def _explained(name: str, said: Mapping[str, Any]) -> str:
    """Slack's error with what it says of it: the scope that is missing, the block that is wrong."""
    metadata = said.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    more = [
        ADVICE.get(name, ""),
        f"needed: {said['needed']}" if said.get("needed") else "",
        "; ".join(map(str, messages)) if isinstance(messages, list) else "",
    ]
    text = "; ".join(filter(None, more))
    return f"Slack refuses: {name}" + (f" ({text[:DETAIL]})" if text else "")
