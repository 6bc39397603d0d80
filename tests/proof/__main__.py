"""Kill the bot at every commit and every call of a day, and print what that did to people.

``make prove`` runs it; ``python -m tests.proof 40`` tries only so many deaths, spread evenly.
"""

from __future__ import annotations

import sys

from tests.proof.proof import prove


def main() -> int:
    """Print the table; 1 where anything was lost or doubled."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else None
    table = prove(most, progress=lambda text: print(text, end="\r", file=sys.stderr, flush=True))
    print(file=sys.stderr)
    print(table)
    return 0 if table.good else 1


if __name__ == "__main__":
    sys.exit(main())
