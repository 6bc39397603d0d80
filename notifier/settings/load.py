"""Read the settings from the environment, ``.env`` and a folder of secrets; the first one wins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsError,
)

from notifier.errors import ConfigError, Problem
from notifier.settings.dotenv import dotenv_source, names_in, unread_lines
from notifier.settings.model import NAME, PREFIX, SECRETS_DIR, Settings, Web, variables

LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


def load_settings(
    env: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")
) -> Settings:
    """Return the settings.

    env: Stands for the environment; None: the process's own.
    dotenv: The file of further variables; it need not be there.

    Raises:
        ConfigError: with a sentence for each wrong variable; none holds a value that was given.
    """
    given = dict(os.environ if env is None else env)
    try:
        settings = Settings(**_given(given, dotenv))
    except ValidationError as error:
        raise ConfigError([_problem(one) for one in error.errors(include_url=False)]) from None
    except (SettingsError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(_unreadable(error, given, dotenv)) from None
    _check(settings)
    return settings


def rules_file(env: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Path:
    """Return where the rules file is, also when other settings are wrong."""
    given = _lowered(os.environ if env is None else env)
    name = f"{PREFIX}rules".lower()
    named = given.get(name) or names_in(dotenv).get(name)
    return Path(named) if named else Path(Settings.model_fields["rules"].default)


def _given(environment: Mapping[str, str], dotenv: Path | None) -> dict[str, Any]:
    """Return what is set, by field; the strongest source last."""
    folder = _folder(environment, dotenv)
    variables = EnvSettingsSource(Settings)
    variables.env_vars = _lowered(environment)
    merged: dict[str, Any] = {}
    for source in (
        NestedSecretsSettingsSource(
            SecretsSettingsSource(Settings, secrets_dir=folder), secrets_dir_missing="error"
        ),
        dotenv_source(dotenv),
        variables,
    ):
        _merge(merged, source())
    return merged


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def _lowered(variables: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name.lower(): value for name, value in variables.items() if value}


def _folder(given: Mapping[str, str], dotenv: Path | None) -> str | None:
    named = _lowered(given).get(SECRETS_DIR.lower())
    return named or names_in(dotenv).get(SECRETS_DIR.lower())


# ---- what is wrong, without the values ----


def _problem(error: Any) -> Problem:
    name = PREFIX + "__".join(str(part).upper() for part in error["loc"] if part != "[key]")
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "missing":
        return Problem(f"{name} is missing; set it, as .env.example shows")
    if kind == "value_error":
        return Problem(f"{name} {limits['error']}")
    if kind == "literal_error":
        return Problem(f"{name} must be {limits['expected']}")
    if kind in ("int_parsing", "int_type", "greater_than_equal", "less_than_equal"):
        return Problem(f"{name} must be a whole number from 0 to 65535")
    if kind == "dict_type":
        return Problem(f"{name} needs a name at its end; set {name}__NAME, as .env.example shows")
    if kind == "model_type":
        return Problem(f"{name} has parts; set {name}__URL, as .env.example shows")
    return Problem(f"{name} cannot be read; see .env.example")


def _unreadable(error: Exception, given: Mapping[str, str], dotenv: Path | None) -> str:
    """Say what could not be read. The library's own text may hold values."""
    field = re.search(r'field "(\w+)"', str(error)) if isinstance(error, SettingsError) else None
    if field:
        name = PREFIX + field[1].upper()
        return f"{name} cannot be read; set the variables that begin with {name}__ instead"
    if isinstance(error, UnicodeDecodeError):
        return f"{dotenv} or a file of {SECRETS_DIR} is not UTF-8; save it as UTF-8"
    if isinstance(error, OSError) and dotenv and error.filename == str(dotenv):
        return f"{dotenv} cannot be read: {error.strerror}; let the user of notifier read it"
    folder = _folder(given, dotenv)
    return f"the folder {folder} of {SECRETS_DIR} cannot be read; name a folder of small files"


def _check(settings: Settings) -> None:
    problems = list(_contradictions(settings))
    if problems:
        raise ConfigError([Problem(text) for text in problems])


def _contradictions(settings: Settings) -> Iterator[str]:
    yield from _web(settings.web)
    smtp = settings.smtp
    if smtp.password and smtp.oauth_token_file:
        yield f"{PREFIX}SMTP__PASSWORD and __OAUTH_TOKEN_FILE exclude each other; keep one"
    if (smtp.password or smtp.oauth_token_file) and not smtp.username:
        yield f"{PREFIX}SMTP__USERNAME is missing; a password belongs to somebody"


def _web(web: Web) -> Iterator[str]:
    here = f"{PREFIX}WEB__"
    proxied = bool(web.proxies and web.user_header)
    if not web.token and not proxied and not LOOPBACK.fullmatch(web.host):
        yield (
            f"{here}HOST is {web.host}, which others can reach; "
            f"set {here}TOKEN, or listen on 127.0.0.1"
        )
    if web.user_header and not web.proxies:
        yield f"{here}USER_HEADER is believed of nobody; list {here}PROXIES too"
    if web.viewer_token and not web.token:
        yield f"{here}VIEWER_TOKEN alone would let nobody operate; set {here}TOKEN too"
    if web.token and web.viewer_token == web.token:
        yield f"{here}VIEWER_TOKEN and {here}TOKEN are the same; give viewers another"


def unknown_variables(
    env: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")
) -> list[Problem]:
    """Return a warning for each variable that looks like ours and is none, or says nothing."""
    given = {name.lower() for name in (os.environ if env is None else env)}
    prefixed = {name for name in given | set(names_in(dotenv)) if _ours(name)}
    unknown = [
        _unknown(name.upper())
        for name in sorted(prefixed)
        if not any(re.fullmatch(pattern, name.upper()) for pattern in variables())
    ]
    return [*unread_lines(dotenv), *unknown]


def _ours(name: str) -> bool:
    """Whether its first word is ours, or ours with one letter wrong."""
    ours = PREFIX.lower()
    first = name.partition("_")[0] + "_"
    return first == ours or bool(get_close_matches(first, [ours], 1, 0.94))


def _unknown(name: str) -> Problem:
    """Compare with what is read: whole names, and what stands before a name of the user's own."""
    known = {pattern.partition(NAME)[0]: pattern.replace(NAME, "<NAME>") for pattern in variables()}
    head = name[: name.rfind("__") + 2]
    close = get_close_matches(name, known, 1, 0.8) or get_close_matches(head, known, 1, 0.8)
    advice = f"did you mean {known[close[0]]}?" if close else "see .env.example"
    return Problem(f"unknown variable {name}; {advice}", level="warning")
