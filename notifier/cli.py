"""Read the command line and turn what happens into sentences and exit codes.

0 fine, 1 something failed, 2 configuration error, 130 interrupted. Each command imports what it
needs when it runs: ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal

import typer

from notifier.commands import past
from notifier.errors import ConfigError, NotifierError
from notifier.version import VERSION

FAILED, MISCONFIGURED, INTERRUPTED = 1, 2, 130
# Typer carries its own click, and names only some of its errors: the common base is among these.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Watches a wolkvox contact center and tells people on Slack and by email, once.",
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
Author = Annotated[str, typer.Option(help="Who says so: shown to all who are told.")]
Rules = Annotated[Path | None, typer.Argument(help="The rules file; default NOTIFIER_RULES.")]


def main() -> None:
    """Run one command; whatever goes wrong becomes a sentence on standard error."""
    _spell_what_can_be()
    try:
        code = app(standalone_mode=False)
    except ConfigError as error:
        code = _say(error, MISCONFIGURED)
    except NotifierError as error:
        code = _say(f"error: {error}", FAILED)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except UsageError as error:
        code = _usage(error)
    except OSError as error:  # a full disk below a pipe, say
        code = _say(f"error: {error.strerror or type(error).__name__} ({_place(error)})", FAILED)
    except Exception as error:  # noqa: BLE001  # a mistake of ours is a sentence too
        code = _say(f"error: an internal mistake ({_place(error)}); please report it", FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _spell_what_can_be() -> None:
    """Let a terminal that lacks a letter show a question mark in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _say(what: object, code: int) -> int:
    print(what, file=sys.stderr)
    return code


def _place(error: BaseException) -> str:
    """What kind of mistake, and where; never a value: those may be anybody's data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + where


def _usage(error: BaseException) -> int:
    """A wrong command line, in the words of the library that reads it."""
    show = getattr(error, "show", None)
    if show is None:
        raise error
    show()
    return MISCONFIGURED


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End by itself after so many seconds.")
    ] = None,
    port: Annotated[int, typer.Option(help="Of the page that shows the messages; 0: any.")] = 8765,
) -> int:
    """See the whole product on loopback: no account, no file."""
    from notifier.commands.demo import demo as command

    return command(seconds, port)


@app.command()
def run() -> int:
    """Poll, judge and tell until SIGTERM.

    SIGHUP or a changed file reloads the rules.
    """
    from notifier.commands.run import run as command

    return command()


@app.command()
def poll(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the messages, change nothing.")
    ] = False,
    source: Annotated[
        list[str] | None, typer.Option(help="Only this source, also outside its hours.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Poll every source once, judge, deliver what is due: for cron."""
    from notifier.commands.poll import poll as command

    return command(dry_run=dry_run, sources=tuple(source or ()), as_json=as_json)


@app.command()
def check(
    file: Rules = None,
    as_json: Json = False,
    form: Annotated[
        Literal["text", "json", "sarif", "github"],
        typer.Option("--format", help="sarif and github: annotations for CI."),
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are mistakes.")] = False,
) -> int:
    """Check rules and templates, before they are in force.

    Prints every mistake in its place; else the day's calls, and where each rule would go.
    """
    from notifier.commands.check import check as command

    return command(file, form="json" if as_json else form, strict=strict)


@app.command()
def test(
    file: Rules = None,
    tests: Annotated[
        list[Path] | None, typer.Option(help="A file with further [[test]] tables; may repeat.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Say which changes of the rules no test notices.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the results there, as XML.")] = None,
    as_json: Json = False,
) -> int:
    """Run the rules file's [[test]] tables."""
    from notifier.commands.test import test as command

    return command(file, more=tests or (), junit=junit, coverage=coverage, as_json=as_json)


@app.command()
def alerts(as_json: Json = False) -> int:
    """List what is pending, open or recovering, and who was told."""
    from notifier.commands.alerts import alerts as command

    return command(as_json=as_json)


@app.command()
def ack(
    incident: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    author: Author,
    span: Annotated[
        str | None, typer.Option("--for", help="How long, as 2h; default: until it closes.")
    ] = None,
    sticky: Annotated[
        bool, typer.Option("--sticky", help="Also when it becomes more severe.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Nobody has it after all.")] = False,
) -> int:
    """Acknowledge an incident: say that somebody has it.

    Its reminders stop, and people see who has it.
    """
    from notifier.commands.ack import ack as command

    return command(incident, author, span=span, sticky=sticky, undo=undo)


silence = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Hold news back for a while; see who does."
)
app.add_typer(silence, name="silence")


@silence.command("add")
def silence_add(
    author: Author,
    comment: Annotated[str, typer.Option(help="Why.")],
    rule: Annotated[
        list[str] | None, typer.Option(help="A rule's id, or a glob; several: any.")
    ] = None,
    entity: Annotated[
        list[str] | None, typer.Option(help="An entity, as alerts shows it, or a glob.")
    ] = None,
    operation: Annotated[list[str] | None, typer.Option(help="An operation, or a glob.")] = None,
    span: Annotated[str | None, typer.Option("--for", help="How long, as 1h.")] = None,
    start: Annotated[
        str | None, typer.Option(help="When it begins, as 2026-05-04T22:00-05:00; default: now.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="When it ends, instead of --for.")] = None,
    weekly: Annotated[
        str, typer.Option(help="Only within these hours, as 'Mon-Fri 13:00-14:00'.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="Of --weekly, as America/Bogota.")] = "UTC",
    until_resolved: Annotated[
        bool, typer.Option("--end-on-resolve", help="End it when what it holds has closed.")
    ] = False,
    still_open: Annotated[
        bool, typer.Option(help="At its end, say once what is open still.")
    ] = True,
) -> int:
    """Silence rules, entities or operations for a while; prints the silence's id."""
    from notifier.commands.silence import Wanted, add

    return add(
        Wanted(
            author=author, comment=comment, rules=tuple(rule or ()), entities=tuple(entity or ()),
            operations=tuple(operation or ()), span=span, start=start, end=end, weekly=weekly,
            timezone=timezone, until_resolved=until_resolved, still_open=still_open,
        )
    )  # fmt: skip


@silence.command("list")
def silence_list(as_json: Json = False) -> int:
    """List the silences that are in force, planned, or ended within a week."""
    from notifier.commands.silence import show

    return show(as_json=as_json)


@silence.command("end")
def silence_end(
    silence_id: Annotated[str, typer.Argument(metavar="ID", help="Or the beginning of it.")],
    author: Annotated[str, typer.Option(help="Who ends it.")] = "",
) -> int:
    """End a silence before its time."""
    from notifier.commands.silence import end

    return end(silence_id, author)


@app.command("send-test")
def send_test(
    receiver: Annotated[str, typer.Argument(help="A receiver of the rules file.")],
) -> int:
    """Send one marked message by a receiver's real channel."""
    from notifier.commands.send_test import send_test as command

    return command(receiver)


@app.command()
def drill(
    rule: Annotated[str, typer.Argument(help="A rule that has a [[test]]; its rows are used.")],
    operation: Annotated[str | None, typer.Option(help="Where several have the rule.")] = None,
    receiver: Annotated[
        list[str] | None, typer.Option(help="Only this receiver; may repeat.")
    ] = None,
) -> int:
    """Hold a fire drill of a rule, to its real receivers.

    The whole way, marked as a drill, with the made-up data of the rule's own [[test]].
    """
    from notifier.commands.drill import drill as command

    return command(rule, operation=operation, receivers=receiver or ())


@app.command()
def preview(
    template: Annotated[
        str, typer.Argument(help="A message: open, raised, group, events, ... or a template.")
    ] = "",
    rule: Annotated[str, typer.Option(help="A rule of your own file that speaks.")] = "",
    kind: Annotated[Literal["slack", "email"], typer.Option(help="How it is told.")] = "slack",
    language: Annotated[
        Literal["en", "es", "pt"] | None,
        typer.Option(help="Default: en; of what was read its receiver's own."),
    ] = None,
    locale: Annotated[str, typer.Option(help="Numbers and dates, as es_CO.")] = "",
    since: Annotated[
        str, typer.Option(help="Out of what was recorded since then (24h), not made up.")
    ] = "",
    folder: Annotated[
        Path | None,
        typer.Option("--from", help="Out of a folder of answers, each SOURCE.TIME.json."),
    ] = None,
    simulate: Annotated[str, typer.Option(help="Out of so much of a simulated time (1d).")] = "",
    html: Annotated[Path | None, typer.Option(help="Draw it into this page.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw it into this picture.")] = None,
    as_json: Json = False,
) -> int:
    """See a message as its reader sees it.

    Without a name, every one.
    """
    from notifier.commands.preview import Wish
    from notifier.commands.preview import preview as command
    from notifier.commands.replay import Asked

    read = since or folder or simulate
    past = Asked(since=since, folder=folder, simulate=simulate) if read else None
    wish = Wish(template, rule, language or "", locale, kind, past)
    return command(wish, html=html, png=png, as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Look at everything live; say what is wrong and what to do.

    Settings, rules, database, clock, wolkvox, Slack and mail.
    """
    from notifier.commands.doctor import doctor as command

    return command(as_json=as_json)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8041,
    seed: Annotated[int, typer.Option(help="Another seed is another contact center.")] = 7,
    speed: Annotated[float, typer.Option(min=0.01, help="Simulated seconds a second.")] = 1.0,
    start: Annotated[
        str | None, typer.Option(help="The time there at the beginning, as 10:00; default: now.")
    ] = None,
    script: Annotated[
        str, typer.Option(help="What happens: day, demo, quiet, or a file: see docs/simulator.md.")
    ] = "day",
    token: Annotated[str, typer.Option(help="The token it asks for.")] = "77766b74",
) -> int:
    """Run the simulated wolkvox alone."""
    from notifier.commands.simulate import simulate as command

    return command(port=port, seed=seed, speed=speed, start=start, script=script, token=token)


@app.command()
def endpoints(
    as_json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page docs/endpoints.md.")
    ] = False,
) -> int:
    """List what can be polled, with the fields that rules may use."""
    from notifier.commands.endpoints import endpoints as command

    return command(as_json=as_json, markdown=markdown)


@app.command()
def schema() -> int:
    """Print the JSON Schema of the rules file, for editors."""
    from notifier.commands.schema import schema as command

    return command()


past.add_to(app)


@app.callback(invoke_without_command=True)
def options(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    """Watches a wolkvox contact center and tells people on Slack and by email, once."""
    if show_version:
        print(VERSION)
        raise typer.Exit


__all__ = ["main"]
