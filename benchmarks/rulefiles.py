"""Write the rules files that are measured."""

from __future__ import annotations

HEAD = """
operators = ["team-leads"]

[[operation]]
name = "bogota"
server = "{server}"
timezone = "America/Bogota"

[[source]]
endpoint = "latency"
every = "5m"
{active}

[[receiver]]
name = "team-leads"
slack = "#operaciones"
"""

RULE = """
[[rule]]
id = "{id}"
on = "latency.by_agent"
when = '''{when}'''
to = ["team-leads"]
{more}
"""

CONNECTED = "where = \"agent_status == 'connected'\""

# What people write: thresholds, a worse direction, a spike, texts.
TEN = {
    "network-rejection": ("network_rejection > 1", CONNECTED),
    "latency": ("latency_ms > 300", ""),
    "loss": ("ploss >= 3", CONNECTED),
    "jitter": ("jitter >= 50", ""),
    "sent-loss": ("tx_ploss > 5", ""),
    "received-loss": ("rx_ploss > 5", ""),
    "wifi": ("connection_type == 'Wifi' and latency_ms > 200", ""),
    "old-version": ("version in ['20230901', '20231105', '20240110']", ""),
    "loss-and-jitter": ("ploss >= 2 and jitter >= 30", CONNECTED),
    "web-latency": ("platform == 'web' and latency_ms > 250", ""),
}

# What looks at the past or reckons much: each costs more than a plain threshold.
HEAVY = {
    "spike": ("spike(ploss, 3, 3, '1h')", CONNECTED),
    "mos": ("mos < 3", ""),
    "average": ("avg_over(latency_ms, '30m') > 300", ""),
    "leap": ("delta(latency_ms) > 300", ""),
    "changed": ("changed(ip) and latency_ms > 200", ""),
}

GROUP = """
[[rule]]
id = "site-link"
on = "latency.by_agent"
by = "ip"
where = "agent_status == 'connected'"
when = "count() >= 3 and share(ploss >= 3) >= 0.6"
to = ["team-leads"]
"""


def rules(
    server: str = "0041",
    *chosen: dict[str, tuple[str, str]],
    active: str = "",
    last: str = "",
) -> str:
    """Return a rules file with the *chosen* rules, ten plain ones by default."""
    asked = {name: rule for each in chosen or (TEN,) for name, rule in each.items()}
    written = [RULE.format(id=name, when=when, more=more) for name, (when, more) in asked.items()]
    return "\n".join((HEAD.format(server=server, active=active), *written, last))
