"""Run the command line: ``python -m notifier`` and the console script ``notifier``."""

from __future__ import annotations


def main() -> None:
    """Run one command. The commands are imported here, so that importing this module is free."""
    from notifier.cli import main as run

    run()


if __name__ == "__main__":
    main()
