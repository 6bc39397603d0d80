"""Tiny answers of each endpoint of the catalogue, put together after the vendor's pages.

``DATA`` is what stands in ``data`` (``BARE`` what has no envelope at all); ``ROWS`` a few values of
the first row. Whoever adds an endpoint adds its answer here: a test asks for it. Telephones, ids
and texts of customers are all SECRET: none of it may be seen anywhere.
"""

from __future__ import annotations

from typing import Any

SECRET = "3001234567"  # nobody's
COUNTS = {"calls": "31", "inbound": "20", "outbound": "10", "internal": "1"}
TIMES = {
    f"{name}_time": "00:10:00"
    for name in ("ready", "inbound", "outbound", "acw", "ring", "login", "aux")
}
LEVELS = {f"service_level_{seconds}seg": "80.00 %" for seconds in (10, 20, 30)}
FIGURES = {"inbound_calls": "1,200", "answer_calls": "1,100", "abandon_calls": "100",
           "abandon": "8.33 %", "asa": "00:00:09", "ata": "12"} | LEVELS  # fmt: skip
CALL = {"conn_id": "12004.0417.1785600000.31", "date": "2026-08-01 10:00:00",
        "type_interaction": "INBOUND", "telephone": SECRET, "customer_id": SECRET}  # fmt: skip
AGENT = {"agent_id": "12004", "agent_name": "ANA  MARÍA", "agent_dni": SECRET}

BARE: dict[str, Any] = {
    "campaigns": [
        {"campaign": "12 - COBROS - JULIO - predictive", "speed": "3", "status": "STARTED",
         "skill_id": "7", "records": "1,000", "clean": "0", "dial": "1,000", "answer": "310",
         "no_answer": "400", "busy/congestion/failed": "290", "answer_machine": "0",
         "penetration_day": "31 %", "penetration_now": "31 %", "hits": "0", "calls_x_min": "4.5",
         "recycled": "0"},
        {"campaign": "TOTAL", "speed": "", "status": "", "records": "1,000"},
    ],
}  # fmt: skip

DATA: dict[str, Any] = {
    "latency": [
        {
            "by_agent": [{"agent_id": "12004-ANA", "network_rejection": "0.5 %"}],
            "by_ip": [{"ip": "181.49.7.7", "total_agents": "30"}],
            "by_pbx": [{"user": "pbx1", "status": "OK"}],
        }
    ],
    "skills": [
        {"skill_id": "7", "skill_name": "Ventas", "calls_in_queue_now": "3", "stat_inbound": "10",
         "stat_answer": "9", "stat_abandon": "1", "by_abandon": "10 %", **LEVELS},
        {"skill_id": "0", "skill_name": "ALL", "calls_in_queue_now": "3", "stat_inbound": "10"},
    ],
    "hits_last_hour": [CALL | {"hit": "yes"}],
    "agents": [
        AGENT | COUNTS | TIMES
        | {"agent_status": "Ready", "time_state_now": "75", "aht_time": "00:03:05",
           "ocupation": "63.60 %", "rpcs": "4", "hits": "2"},
    ],
    "calls_last_10": [CALL | {"result": "ANSWER-MACHINE", "date": "20260801100000"}],
    "chats": [
        {
            "agent_id": "12004",
            "active_chats": [
                {
                    "conn_id": "a.b.1785600000.1",
                    "channel": "WhatsApp",
                    "connector_id": "9",
                    "customer_phone": SECRET,
                    "conversation": [
                        {"from": "client", "msg": SECRET, "date": "2026-08-01 09:58:00"},
                        {"from": "agent", "msg": SECRET, "date": "2026-08-01 09:57:00"},
                    ],
                }
            ],
        },
        {"agent_id": "12005", "active_chats": []},
    ],
    "interactions": [
        {
            "agent_id": "12004",
            "active_interactions": [
                {"conn_id": "c.d.1785600000.2", "subject": SECRET, "fromname": SECRET,
                 "date": "2026-08-01 09:00:00"}
            ],
        }
    ],
    "info_server": {"cpu_avg_10s": "41 %", "cpu_max_10s": "90", "cpu_min_10s": "3", "ram": "70.1 %",
                    "calls": "55", "connected_agents": "40"},
    "token_info": [
        {"description": "notifier", "token_limit": "8,000", "token_use_today": "100",
         "all_token_today": "7,000", "available_consumption_options": "1,000"}
    ],
    "information_agents": [
        AGENT | {"agent_status": "Logout", "last_use": "2026-07-31 18:00:00", "agent_sso": "",
                 "enabled": "yes"}
    ],
    "information_skills": [
        {"skill_id": "7", "skill_name": "Ventas", "skill_description": "-",
         "last_use": "2026-08-01"}
    ],
    "activity_codes": [
        {"cod_act": "V1", "description_cod_act": "Venta", "hit": "yes", "rpc": "yes", "chat": "no",
         "studio": "no", "voice": "yes", "type_code": "primary", "interactions": "no"}
    ],
    "audit_log": [
        {"date": "2026-08-01 09:00:00", "ip": "181.49.7.7", "user": "admin",
         "action": f"delete contact 300 123 4567, {SECRET}", "workstation": "PC-1"}
    ] * 2,
    "get_notification": [
        {"date": "2026-08-01 09:00:00", "notification": f"S20 under 80, call {SECRET}"}
    ],
    "agent_1": [
        AGENT | COUNTS | TIMES
        | {"aht": "00:03:05", "occupancy": "67.4 %", "hits": "2", "rpc": "4",
           "aht_outbund": "00:02:00", "aht_inbound": "00:04:00", "login": "2026-08-01 08:00:00",
           "logout": "2026-08-01 10:00:00"},
        {"agent_id": "", "agent_name": "TOTAL", "calls": "31"},
    ],
    "agent_3": [AGENT | {"aux_state": "Baño / WC", "time": "26:10:00"}],
    "agent_7": [
        AGENT | {"date": "2026-08-01", "login": "2026-08-01 08:00:00",
                 "logout": "2026-08-01 18:00:00", "login_time": "10:00:00"}
    ],
    "agent_14": [
        AGENT
        | {"agent_status": "Break", "time": "00:12:00", "date_ini": "2026-08-01 09:00:00",
           "date_end": "2026-08-01 09:12:00", "conn_id": "", "type_interaction": "",
           "destinity": SECRET, "telephone": SECRET, "campaign_id": ""}
    ],
    "act_4": [{"uncode_calls": "9", "agent_id": "12004", "agent_name": "ANA"}],
    "skill_1": [FIGURES | {"skill_id": "7", "skill_name": "Ventas"}],
    "skill_2": [
        CALL | {"skill_id": "7", "skill_name": "Ventas", "result": "ABANDON", "ani": SECRET,
                "abandon_time": "00:00:41"}
    ],
    "skill_3": [FIGURES | {"date": "2026-08-01"}],
    "skill_4": [FIGURES | {"hour": "09"}],
    "skill_5": [
        {"hour": "09", "inbound_calls": "90", "inbound_calls_unique_customers": "80",
         "aht": "00:03:00", "agents_needed": "7"}
    ],
    "skill_6": [FIGURES | {"dnis": "100"}],
    "skill_7": [FIGURES | {"skill_id": "7", "skill_name": "Ventas", "date": "2026-08-01",
                           "hour": "09"}],
    "cdr_1": [
        CALL | AGENT
        | {"destiny": SECRET, "cost": "1,250.50", "time_seg": "90", "time_min": "1.5",
           "cod_act": "V1", "description_cod_act": "Venta", "cod_act_2": "",
           "description_cod_act_2": "", "hang_up": "AGENT", "campaign_id": "12", "skill_id": "7",
           "skill_name": "Ventas", "comment": SECRET}
    ],
    "cdr_4": {"0_5_seg": {"calls": "4", "minutes": " ", "cost": " ", "percentage": "4.00 %"}},
    "cdr_6": [{"result": "NO-ANSWER", "count": "40"}, {"result": "TOTAL", "count": "40"}],
    "campaign_9": [
        {"campaing_id": "12", "telephone": SECRET, "status": "FAILED", "errors": f"to {SECRET}",
         "date": "2026-08-01 09:00:00", "last_update": "2026-08-01 09:00:05"}
    ] * 2,
    "cdr_calls": [
        CALL | {"agent": "ANA", "skill": "Ventas", "ring": "5", "abandon": "no",
                "hang_up": "customer", "hit": "Sí", "destiny": SECRET, "ani": SECRET}
    ],
}  # fmt: skip

KEYS: dict[str, list[str]] = {
    "latency.by_agent": ["12004"],
    "latency.by_ip": ["181.49.7.7"],
    "latency.by_pbx": ["pbx1"],
    "skills": ["7"],
    "hits_last_hour": ["12004.0417.1785600000.31"],
    "agents": ["12004"],
    "calls_last_10": ["12004.0417.1785600000.31"],
    "campaigns": ["12"],
    "chats": ["a.b.1785600000.1"],
    "interactions": ["c.d.1785600000.2"],
    "info_server": ["server"],
    "token_info": ["notifier"],
    "information_agents": ["12004"],
    "information_skills": ["7"],
    "activity_codes": ["V1"],
    "audit_log": [
        "2026-08-01 09:00:00/admin/delete contact ***, ***/PC-1",
        "2026-08-01 09:00:00/admin/delete contact ***, ***/PC-1/2",
    ],
    "get_notification": ["2026-08-01 09:00:00/S20 under 80, call ***"],
    "agent_1": ["12004"],
    "agent_3": ["12004/Baño \N{DIVISION SLASH} WC"],
    "agent_7": ["12004/2026-08-01"],
    "agent_14": ["12004/2026-08-01 09:00:00/Break"],
    "act_4": ["12004"],
    "skill_1": ["7"],
    "skill_2": ["12004.0417.1785600000.31"],
    "skill_3": ["2026-08-01"],
    "skill_4": ["09"],
    "skill_5": ["09"],
    "skill_6": ["100"],
    "skill_7": ["7/2026-08-01/09"],
    "cdr_1": ["12004.0417.1785600000.31"],
    "cdr_4": ["0_5_seg"],
    "cdr_6": ["no answer"],
    "campaign_9": ["12/2026-08-01 09:00:00/failed", "12/2026-08-01 09:00:00/failed/2"],
    "cdr_calls": ["12004.0417.1785600000.31"],
}

FIRST: dict[str, dict[str, object]] = {
    "latency.by_agent": {"agent_name": "ANA", "network_rejection": 0.5},
    "latency.by_ip": {"total_agents": 30.0},
    "latency.by_pbx": {"status": "OK"},
    "skills": {"stat_inbound": 10.0, "service_level_20seg": 80.0},
    "hits_last_hour": {"is_hit": True},
    "agents": {"time_state_now": 75.0, "aht": 185.0, "occupancy": 63.6, "hits": 2.0},
    "calls_last_10": {"result": "answer machine", "type_interaction": "inbound", "age": 120.0},
    "campaigns": {
        "campaign_name": "COBROS - JULIO",
        "strategy": "predictive",
        "status": "started",
        "busy_congestion_failed": 290.0,
        "records": 1_000.0,
    },
    "chats": {
        "agent_id": "12004",
        "channel": "whatsapp",
        "messages": 2.0,
        "last_from": "client",
        "last_age": 240.0,
    },
    "interactions": {"agent_id": "12004", "age": 3_720.0},
    "info_server": {"cpu_avg_10s": 41.0, "connected_agents": 40.0},
    "token_info": {"token_limit": 8_000.0, "available_consumption_options": 1_000.0},
    "information_agents": {"enabled": True},
    "information_skills": {"skill_name": "Ventas", "skill_description": None},
    "activity_codes": {"hit": True, "chat": False},
    "audit_log": {"user": "admin"},
    "get_notification": {},
    "agent_1": {"aht_outbound": 120.0, "occupancy": 67.4},
    "agent_3": {"time": 94_200.0},
    "agent_7": {"login_time": 36_000.0},
    "agent_14": {"time": 720.0, "conn_id": None},
    "act_4": {"uncode_calls": 9.0},
    "skill_1": {"inbound_calls": 1_200.0, "asa": 9.0, "ata": 12.0, "abandon": 8.33},
    "skill_2": {"abandon_time": 41.0, "result": "abandon"},
    "skill_3": {"answer_calls": 1_100.0},
    "skill_4": {"answer_calls": 1_100.0},
    "skill_5": {"agents_needed": 7.0},
    "skill_6": {"answer_calls": 1_100.0},
    "skill_7": {"answer_calls": 1_100.0},
    "cdr_1": {"cost": 1_250.5, "time_seg": 90.0, "hang_up": "agent"},
    "cdr_4": {"calls": 4.0, "cost": None, "percentage": 4.0},
    "cdr_6": {"count": 40.0},
    "campaign_9": {"status": "failed", "errors": "to ***"},
    "cdr_calls": {"agent_name": "ANA", "skill_name": "Ventas", "is_hit": True, "ring": 5.0},
}
