"""Say which secrets and paths the environment may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from notifier.errors import ConfigError

PREFIX = "NOTIFIER_"
NAME = "[A-Z0-9_]+"
"""Stands for a name of the rules file where ``variables`` returns regular expressions."""
SECRETS_DIR = f"{PREFIX}SECRETS_DIR"

_URL = re.compile(r"https?://[^\s/?#]+[^\s]*")
_ODD = re.compile(r"[^!-~]|[<>|\"?#\\]")  # in an address that stands in messages
_DATABASE = re.compile(r"(sqlite|postgresql\+psycopg)://\S*")
_PORTS = {"starttls": 587, "implicit": 465, "none": 587}


def _secret_url(value: SecretStr) -> SecretStr:
    if not _URL.fullmatch(value.get_secret_value()):
        raise ValueError("must be an address that begins with https:// or http://")
    return value


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be an address that begins with https:// or http://")
    return value.rstrip("/")


def _page(value: str) -> str:
    """The root of a page, which everybody who reads messages sees: nothing secret is in it."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # raises where it is none
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a whole address, as https://alerts.example.com")
    if "@" in parts.netloc:
        raise ValueError("holds a user or password; leave them out, people see the address")
    if parts.query or parts.fragment or not _URL.fullmatch(value) or _ODD.search(value):
        raise ValueError(
            "must end with its host or a path, in ASCII and without blanks, ?, #, |, < and >"
        )
    return value.rstrip("/")


def _database(value: SecretStr) -> SecretStr:
    if not _DATABASE.fullmatch(value.get_secret_value()):
        raise ValueError("must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
    return value


def _stripped(value: object) -> object:
    """Take away the line end that editors add to a file; a secret has no blanks around it."""
    return value.strip() if isinstance(value, str) else value


def _printable(value: SecretStr) -> SecretStr:
    """What goes into a header must not end it."""
    if not value.get_secret_value().isprintable():
        raise ValueError("holds a line end or another character that no secret has")
    return value


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("holds a line end or another character that cannot be printed")
    return value


def _folded(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


T = TypeVar("T")
Secret: TypeAlias = Annotated[SecretStr, BeforeValidator(_stripped), AfterValidator(_printable)]
Text: TypeAlias = Annotated[str, BeforeValidator(_stripped), AfterValidator(_one_line)]
SecretUrl: TypeAlias = Annotated[Secret, AfterValidator(_secret_url)]
Url: TypeAlias = Annotated[str, BeforeValidator(_stripped), AfterValidator(_url)]
Page: TypeAlias = Annotated[Text, AfterValidator(_page)]
Port: TypeAlias = Annotated[int, Field(ge=0, le=65_535)]


def _split(value: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", value) if part]


def _networks(value: str) -> str:
    for part in _split(value):
        try:
            ip_network(part)
        except ValueError:
            raise ValueError("must be addresses or networks, as 127.0.0.1, 10.0.0.0/8") from None
    return value


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise ValueError("must be the name of a header, as X-Forwarded-User")
    return value


Networks: TypeAlias = Annotated[Text, AfterValidator(_networks)]
HeaderName: TypeAlias = Annotated[Text, AfterValidator(_header)]
Names: TypeAlias = Text


class Table(BaseModel):
    """Variables with a common beginning."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Slack(Table):
    """How to post to Slack."""

    bot_token: Secret | None = Field(default=None, description="Posts messages.")
    app_token: Secret | None = Field(default=None, description="Opens Socket Mode, for buttons.")
    base_url: Url | None = Field(default=None, description="Another root of the Web API.")
    webhooks: dict[str, SecretUrl] = Field(
        default_factory=dict, description="Incoming webhooks, by their names in the rules file."
    )


class Webhook(Table):
    """A generic webhook."""

    url: SecretUrl = Field(description="Where messages are posted.")
    secret: Secret | None = Field(default=None, description="Signs what is posted.")

    @property
    def address(self) -> str:
        """Where messages are posted, shown."""
        return self.url.get_secret_value()

    @property
    def key(self) -> str:
        """What signs, shown; empty where nothing does."""
        return self.secret.get_secret_value() if self.secret else ""


class Alertmanager(Table):
    """An Alertmanager."""

    url: SecretUrl = Field(description="Its root, as `http://alertmanager:9093`.")
    token: Secret | None = Field(default=None, description="A bearer token, where it wants one.")

    @property
    def address(self) -> str:
        """Its root, shown."""
        return self.url.get_secret_value()

    @property
    def key(self) -> str:
        """The token, shown; empty where there is none."""
        return self.token.get_secret_value() if self.token else ""


class Smtp(Table):
    """The mail server."""

    host: Text = Field(default="localhost", min_length=1, description="Its name.")
    port: Port | None = Field(default=None, description="Default: 587, or 465 for `implicit`.")
    security: Annotated[Literal["starttls", "implicit", "none"], BeforeValidator(_folded)] = Field(
        default="starttls", description="Never falls back to a weaker one."
    )
    username: Text | None = Field(default=None, description="Whoever sends, to the server.")
    password: Secret | None = Field(default=None, description="Of that user.")
    oauth_token_file: Path | None = Field(
        default=None, description="A file with an access token, for XOAUTH2 instead of a password."
    )
    sender: Text | None = Field(default=None, description="From whom mail comes.")

    @property
    def actual_port(self) -> int:
        """The port, or the usual one of the security."""
        return _PORTS[self.security] if self.port is None else self.port


class Web(Table):
    """The status page, metrics and health."""

    host: Text = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    port: Port = Field(default=8080, description="0 takes a free one.")
    token: Secret | None = Field(
        default=None, description="An operator's: sees all, and silences. Demanded off loopback."
    )
    viewer_token: Secret | None = Field(default=None, description="Sees all, and changes nothing.")
    proxies: Networks = Field(
        default="", description="Addresses of reverse proxies: believed about the client and https."
    )
    user_header: HeaderName | None = Field(
        default=None, description="In which they say it; believed of no other address."
    )
    operators: Names = Field(
        default="", description="Users of a proxy who are operators, or *; the others are viewers."
    )
    names: Names = Field(
        default="", description="Host names that the page is called by, beside localhost."
    )
    public_url: Page | None = Field(
        default=None, description="Where people reach the page: messages lead there."
    )

    @property
    def root(self) -> str:
        """Where people reach the page, without a slash at its end; empty for nowhere."""
        return self.public_url or ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that the page is called by, beside localhost."""
        own = urlsplit(self.root).hostname
        return (*self.listed("names"), *((own,) if own else ()))

    def listed(self, name: Literal["proxies", "operators", "names"]) -> tuple[str, ...]:
        """What a variable lists, separated by commas or blanks."""
        return tuple(_split(getattr(self, name)))


class Traces(Table):
    """The OpenTelemetry collector."""

    url: SecretUrl | None = Field(
        default=None, description="Its root, without `/v1/traces`; needs the extra `traces`."
    )
    headers: Secret | None = Field(
        default=None, description="Sent along, as `name=value`, separated by commas."
    )


class Settings(BaseSettings):
    """All that the environment may say."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    rules: Path = Field(default=Path("rules.toml"), description="The rules file.")
    database_url: Annotated[Secret, AfterValidator(_database)] = Field(
        default=SecretStr("sqlite:///notifier.db"), description="Where state is kept."
    )
    templates: Path | None = Field(
        default=None, description="A folder whose files replace the shipped templates."
    )
    tokens: dict[str, Secret] = Field(
        default_factory=dict, description="The wolkvox token of each operation."
    )
    slack: Slack = Slack()
    webhooks: dict[str, Webhook] = Field(
        default_factory=dict, description="Generic webhooks, by their names in the rules file."
    )
    alertmanagers: dict[str, Alertmanager] = Field(
        default_factory=dict, description="Alertmanagers, by their names in the rules file."
    )
    teams: dict[str, SecretUrl] = Field(
        default_factory=dict, description="Teams workflows, by their names in the rules file."
    )
    apprise: dict[str, Secret] = Field(
        default_factory=dict, description="Apprise addresses, by their names in the rules file."
    )
    smtp: Smtp = Smtp()
    web: Web = Web()
    heartbeat_url: SecretUrl | None = Field(default=None, description="Pinged while all is well.")
    traces: Traces = Traces()
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_folded)] = "console"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_folded)] = (
        "info"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is given: ``load`` asks the sources, so that a test can stand in."""
        return (init_settings,)

    def token_for(self, operation: str) -> SecretStr:
        """Return the wolkvox token of an operation.

        Raises:
            ConfigError: naming the variable to set.
        """
        return _named(self.tokens, operation, "TOKENS__{}", "the wolkvox token of operation")

    def slack_webhook_for(self, name: str) -> SecretStr:
        """Return the address of an incoming webhook. Raises ConfigError as ``token_for``."""
        return _named(self.slack.webhooks, name, "SLACK__WEBHOOKS__{}", "the Slack webhook")

    def webhook_for(self, name: str) -> Webhook:
        """Return a generic webhook. Raises ConfigError as ``token_for``."""
        return _named(self.webhooks, name, "WEBHOOKS__{}__URL", "the webhook")

    def alertmanager_for(self, name: str) -> Alertmanager:
        """Return an Alertmanager. Raises ConfigError as ``token_for``."""
        return _named(self.alertmanagers, name, "ALERTMANAGERS__{}__URL", "the Alertmanager")

    def teams_for(self, name: str) -> SecretStr:
        """Return the address of a Teams workflow. Raises ConfigError as ``token_for``."""
        return _named(self.teams, name, "TEAMS__{}", "the Teams workflow")

    def apprise_for(self, name: str) -> SecretStr:
        """Return an address as Apprise writes it. Raises ConfigError as ``token_for``."""
        return _named(self.apprise, name, "APPRISE__{}", "the Apprise address")


def variable(name: str) -> str:
    """How a name of the rules file is written within a variable."""
    return name.upper().replace("-", "_")


def _named(table: Mapping[str, T], name: str, pattern: str, what: str) -> T:
    found = table.get(variable(name).lower())
    if found is None:
        wanted = PREFIX + pattern.format(variable(name))
        slip = get_close_matches(variable(name).lower(), table, 1, 0.8)
        given = f" ({PREFIX}{pattern.format(slip[0].upper())} is set)" if slip else ""
        raise ConfigError(f"{what} `{name}` is missing; set {wanted}, as .env.example shows{given}")
    return found


def variables() -> tuple[str, ...]:
    """Return every variable that is read."""
    return (SECRETS_DIR, *_variables(Settings, PREFIX))


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        here = f"{prefix}{name.upper()}"
        inner = next((one for one in _models(info.annotation)), None)
        if "dict[" in str(info.annotation):
            here = f"{here}__{NAME}"
        if inner:
            yield from _variables(inner, f"{here}__")
        else:
            yield here


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    parts = (annotation, *getattr(annotation, "__args__", ()))
    yield from (part for part in parts if isinstance(part, type) and issubclass(part, Table))
