"""Read the command lines that look back: replay, explain, history, suggest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    for command in (replay, explain, history, suggest):
        app.command()(command)


def replay(
    since: Annotated[
        str, typer.Option(help="How long ago it begins (7d), or when (2026-01-05T10:00).")
    ] = "",
    until: Annotated[str, typer.Option(help="When it ends; default: now.")] = "",
    rules: Annotated[
        Path | None, typer.Option(help="Another rules file: what would it tell otherwise?")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--from", help="A folder of answers, each SOURCE.TIME.json."),
    ] = None,
    simulate: Annotated[str, typer.Option(help="So much of a simulated time (7d), instead.")] = "",
    seed: Annotated[int, typer.Option(help="Another seed is another contact center.")] = 7,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be repeated.")] = None,
    as_it_was: Annotated[
        bool, typer.Option("--as-it-was", help="By the rules that were in force then.")
    ] = False,
    messages: Annotated[bool, typer.Option(help="Print each message.")] = False,
    budget: Annotated[
        list[str] | None,
        typer.Option(help="Fail where it is more: 3/shift, 10/day, on-call=1/hour."),
    ] = None,
    as_json: Json = False,
) -> int:
    """See what the past would have sent.

    By these rules, by others, and the difference.
    """
    from notifier.commands.replay import Asked
    from notifier.commands.replay import replay as command

    return command(
        Asked(
            since=since, until=until, rules=rules, folder=folder, simulate=simulate, seed=seed,
            only=tuple(rule or ()), as_it_was=as_it_was, messages=messages,
            budgets=tuple(budget or ()), as_json=as_json,
        )
    )  # fmt: skip


def explain(
    subject: Annotated[
        str, typer.Argument(metavar="RULE", help="A rule; or the id of a message or incident.")
    ],
    entity: Annotated[str, typer.Argument(help="As messages name it: 12004, 12004/Break.")] = "",
    at: Annotated[
        str, typer.Option(help="At what time (2026-01-05T10:00), or how long ago (2h).")
    ] = "",
    operation: Annotated[str, typer.Option(help="Where the rule is about several.")] = "",
    as_json: Json = False,
) -> int:
    """Say why people were told, or why they were not."""
    from notifier.commands.explain import explain as command

    return command(subject, entity, at=at, operation=operation, as_json=as_json)


def history(
    since: Annotated[
        str, typer.Option(help="How long ago it begins (7d), or when (2026-01-05T10:00).")
    ] = "7d",
    until: Annotated[str, typer.Option(help="When it ends; default: now.")] = "",
    rule: Annotated[str, typer.Option(help="Only this rule; globs allowed.")] = "",
    entity: Annotated[str, typer.Option(help="Only this entity; globs allowed.")] = "",
    operation: Annotated[str, typer.Option(help="Only this operation; globs allowed.")] = "",
    receiver: Annotated[str, typer.Option(help="Only what this receiver was told of.")] = "",
    severity: Annotated[str, typer.Option(help="Only info, warning or critical ones.")] = "",
    state: Annotated[str, typer.Option(help="Only those open, recovering or closed.")] = "",
    timelines: Annotated[
        bool, typer.Option("--timeline", help="Print what became of each, line by line.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    as_json: Json = False,
) -> int:
    """List the incidents of a time.

    When they opened, who was told, how they ended.
    """
    from notifier.commands.history import Listing
    from notifier.commands.history import history as command

    listing = Listing(
        since=since, until=until, rule=rule, entity=entity, operation=operation,
        receiver=receiver, severity=severity, state=state, timelines=timelines,
        form="json" if as_json else "csv" if as_csv else "text",
    )  # fmt: skip
    return command(listing)


def suggest(
    rule: Annotated[str, typer.Argument(help="Which rule's limit, or `for`, to try.")],
    times: Annotated[bool, typer.Option("--for", help="Try other times, not limits.")] = False,
    values: Annotated[str, typer.Option(help="Limits to try: 1,2,3.")] = "",
    budget: Annotated[str, typer.Option(help="What people can bear: 2/day, 1/shift.")] = "",
    since: Annotated[
        str, typer.Option(help="How long ago it begins (7d), or when (2026-01-05T10:00).")
    ] = "",
    until: Annotated[str, typer.Option(help="When it ends; default: now.")] = "",
    folder: Annotated[
        Path | None, typer.Option("--from", help="A folder of answers, each SOURCE.TIME.json.")
    ] = None,
    simulate: Annotated[str, typer.Option(help="So much of a simulated time (7d), instead.")] = "",
    seed: Annotated[int, typer.Option(help="Another seed is another contact center.")] = 7,
    as_json: Json = False,
) -> int:
    """Suggest a limit or a `for` from the past.

    How often it would open, for how long, and how much of it is brief.
    """
    from notifier.commands.replay import Asked
    from notifier.commands.suggest import suggest as command

    asked = Asked(since=since, until=until, folder=folder, simulate=simulate, seed=seed)
    return command(rule, asked, times=times, values=values, budget=budget, as_json=as_json)
