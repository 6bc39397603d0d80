"""Find and read the files that people may override: templates and phrases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from notifier.errors import Problem, RenderError
from notifier.render.words import LANGUAGES, Words, names_in, read_phrases

Report = Callable[[Problem], None]


def folder() -> Path:
    """The shipped templates: beside the package in a checkout, inside it in a wheel.

    Raises:
        RenderError: They are in neither place.
    """
    package = Path(__file__).parent.parent
    for place in (package / "templates", package.parent / "templates"):
        if (place / "words").is_dir():
            return place
    raise RenderError("The shipped templates are missing; install notifier again.")


def example() -> Path:
    """The shipped rules file: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent.parent
    places = (package / "rules.example.toml", package.parent / "rules.example.toml")
    return next(place for place in places if place.is_file())


def read(top: Path, suffix: str) -> dict[str, str]:
    """Every file below *top* that ends so, by its name within it: ``slack/incident.j2``."""
    return {
        path.relative_to(top).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(top.rglob(f"*{suffix}"))
        if path.is_file()
    }


def own(top: Path | None, suffix: str, report: Report) -> dict[str, str]:
    """The user's own of them; one that cannot be read is reported and left out."""
    found: dict[str, str] = {}
    if top is None:
        return found
    for path in sorted(top.rglob(f"*{suffix}")):
        try:
            found[path.relative_to(top).as_posix()] = path.read_text(encoding="utf-8")
        except (ValueError, OSError) as error:
            why = type(error).__name__
            text = f"The template cannot be read ({why}); the shipped one is used."
            report(Problem(text, str(path)))
    return found


def warn_of_strays(top: Path, report: Report) -> None:
    """Report files of the user's own that replace nothing, and a folder that is not there."""
    if not top.is_dir():
        report(Problem("There is no such folder; the shipped templates are used.", str(top)))
        return
    known = {*read(folder(), ".j2"), *read(folder(), ".toml")}
    for path in sorted((*top.rglob("*.j2"), *top.glob("**/words/*.toml"))):
        name = path.relative_to(top).as_posix()
        if name not in known and path.parent != top / "slack":  # those a rule may name
            text = "It replaces no shipped file of that name; nothing uses it."
            report(Problem(text, str(path), level="warning"))


def vocabularies(own: Path | None, report: Report) -> Mapping[str, Words]:
    """The phrases of each language; those of the user's own folder replace some, key by key."""
    shipped = read(folder() / "words", ".toml")
    found = {}
    for language in LANGUAGES:
        phrases = read_phrases(shipped[f"{language}.toml"])
        phrases |= own_phrases(own, f"words/{language}.toml", phrases, report)
        found[language] = Words(language, phrases)
    return found


def own_phrases(
    top: Path | None, name: str, shipped: Mapping[str, str | tuple[str, ...]], report: Report
) -> dict[str, str | tuple[str, ...]]:
    """The phrases of the user's own file that replace some of *shipped*; the rest is reported."""
    if top is None or not (path := top / name).is_file():
        return {}
    try:
        own = read_phrases(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        report(Problem(f"Not a catalogue of phrases: {error}; the shipped one is used.", str(path)))
        return {}
    good = {}
    for key, phrase in own.items():
        if key not in shipped:
            report(Problem(f"There is no phrase {key}; it is ignored.", str(path), level="warning"))
        elif unknown := names_in(phrase) - names_in(shipped[key]):
            names = ", ".join(sorted(unknown))
            report(Problem(f"{key} has no {{{names}}}; the shipped phrase is used.", str(path)))
        else:
            good[key] = phrase
    return good
