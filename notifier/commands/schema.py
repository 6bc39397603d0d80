"""Print the JSON Schema of the rules file."""

from __future__ import annotations

import json


def schema() -> int:
    """Print it."""
    from notifier.core.rules.rulebook import schema as of_rules

    print(json.dumps(of_rules(), indent=2, ensure_ascii=False))
    return 0
