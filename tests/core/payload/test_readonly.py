"""What is never asked: the same hosts start campaigns and send messages."""

from __future__ import annotations

import pytest

from notifier.core.payload.readonly import refusal, refused_param

READS = [
    ("information", "storage"),
    ("information", "get_ip"),
    ("information", "agents_in_skill"),
    ("information", "law2300_info"),
    ("information", "audio_list"),
    ("information", "get_dnc"),
    ("information", "routing_points"),
    ("information", "connectors"),
    ("information", "services"),
    ("real_time", "recall"),
    ("reports_manager", "agent_8_1"),
    ("reports_manager", "chat_11"),
    ("customer", "agents_statustime"),
    ("customer", "skills_detail"),
    ("gamification", "agents_kpi"),
    ("billing", "report_1"),
    ("reports_manager", "address_list"),
    ("reports_manager", "delayed_calls"),
    ("reports_manager", "stopped_campaigns"),
]


@pytest.mark.parametrize(("family", "api"), READS)
def test_reports_may_be_read(family: str, api: str) -> None:
    assert refusal(family, api) == ""


@pytest.mark.parametrize(
    "family", ["campaign", "configuration", "agentbox", "chat", "", "real_time.php", "../campaign"]
)
def test_other_families_may_not(family: str) -> None:
    assert "no family of reports" in refusal(family, "agents")


@pytest.mark.parametrize(
    "api",
    [
        "start", "stop_campaign", "startcampaign", "campaign_start", "delete_all", "deleteall",
        "add_ip", "addip", "remove_ip", "disable_agent", "agent_disable", "enableagent",
        "send_sms", "sendmessage", "set_status", "update_agent", "insert_record", "recycle",
        "upload_list", "create_user", "agent_logout", "hangup_call", "cancelcall",
    ],
)  # fmt: skip
def test_what_does_something_may_not_be_asked_in_any_family(api: str) -> None:
    assert "does something" in refusal("information", api)


@pytest.mark.parametrize(
    "api", ["deleteAll", "skills&x=1", "a b", "", "_x", "x__y", "../campaign", "é", "a" * 65]
)
def test_a_name_is_a_name(api: str) -> None:
    assert "a name of an API" in refusal("information", api)


@pytest.mark.parametrize("name", ["skill_id", "campaign_id", "services_time", "cod_act", "type"])
def test_parameters_choose(name: str) -> None:
    assert refused_param(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("api", "set by notifier"),
        ("date_ini", "set by notifier"),
        ("action", "may do something"),
        ("cmd", "may do something"),
        ("delete", "may do something"),
        ("new_status", "may do something"),
        ("token", "a secret"),
        ("wolkvox-token", "a parameter is"),
        ("x" * 65, "a parameter is"),
        ("", "a parameter is"),
    ],
)
def test_parameters_that_do_something_are_not_sent(name: str, why: str) -> None:
    assert why in refused_param(name)
