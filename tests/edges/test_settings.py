"""The environment's say, read from real files and a mapping that stands for the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import ConfigError, Problem
from notifier.settings import Settings, load_settings, rules_file, unknown_variables

HIDDEN = "Geheimnis0815"


def read(dotenv: Path | None = None, /, **variables: str) -> Settings:
    return load_settings({f"NOTIFIER_{name}": text for name, text in variables.items()}, dotenv)


def complaints(dotenv: Path | None = None, /, **variables: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(dotenv, **variables)
    return [problem.text for problem in caught.value.problems]


def test_without_any_variable_there_are_defaults() -> None:
    settings = read()

    assert settings.rules == Path("rules.toml")
    assert settings.database_url.get_secret_value() == "sqlite:///notifier.db"
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)
    assert (settings.log_format, settings.log_level) == ("console", "info")


@pytest.mark.parametrize("text", ["a0b1c2", "123e45", "00012", "null", "true", "{}"])
def test_a_token_is_taken_as_it_is_written(text: str) -> None:
    settings = read(TOKENS__BOGOTA=text)

    assert settings.token_for("bogota").get_secret_value() == text


def test_a_name_with_dashes_is_written_with_underscores_in_a_variable() -> None:
    settings = read(
        TOKENS__LA_PAZ="one",
        SLACK__WEBHOOKS__TEAM_LEADS="https://hooks.example.com/x",
        WEBHOOKS__ON_CALL__URL="https://pager.example.com/x",
    )

    assert settings.token_for("la-paz").get_secret_value() == "one"
    assert settings.token_for("la_paz").get_secret_value() == "one"
    assert settings.slack_webhook_for("team-leads").get_secret_value().endswith("/x")
    assert settings.webhook_for("on-call").url.get_secret_value().endswith("/x")


def test_a_missing_token_is_told_by_the_variable_to_set() -> None:
    with pytest.raises(ConfigError, match="set NOTIFIER_TOKENS__LA_PAZ,"):
        read().token_for("la-paz")


def test_a_missing_webhook_is_told_by_the_variable_to_set() -> None:
    with pytest.raises(ConfigError, match="set NOTIFIER_SLACK__WEBHOOKS__LEADS,"):
        read().slack_webhook_for("leads")
    with pytest.raises(ConfigError, match="set NOTIFIER_WEBHOOKS__PAGER__URL,"):
        read().webhook_for("pager")


@pytest.mark.parametrize(
    ("security", "port", "actual"),
    [("starttls", "", 587), ("implicit", "", 465), ("NONE", "", 587), ("none", "25", 25)],
)
def test_the_port_follows_the_security_unless_it_is_said(
    security: str, port: str, actual: int
) -> None:
    assert read(SMTP__SECURITY=security, SMTP__PORT=port).smtp.actual_port == actual


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com", "127.0.0.1.evil"])
def test_the_page_is_not_opened_to_others_without_a_token(host: str) -> None:
    [sentence] = complaints(WEB__HOST=host)

    assert "NOTIFIER_WEB__TOKEN" in sentence
    assert read(WEB__HOST=host, WEB__TOKEN="x").web.host == host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_needs_no_token(host: str) -> None:
    assert read(WEB__HOST=host).web.token is None


def test_a_proxy_that_names_its_users_opens_the_page_to_others() -> None:
    web = read(
        WEB__HOST="0.0.0.0", WEB__PROXIES="10.0.0.0/8, ::1", WEB__USER_HEADER="X-User",
        WEB__OPERATORS="eva luis", WEB__NAMES="a.example,b.example",
    ).web  # fmt: skip

    assert web.listed("proxies") == ("10.0.0.0/8", "::1")
    assert web.listed("operators") == ("eva", "luis")
    assert web.listed("names") == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"WEB__HOST": "0.0.0.0", "WEB__PROXIES": "10.0.0.1"}, "set NOTIFIER_WEB__TOKEN"),
        ({"WEB__USER_HEADER": "X-User"}, "list NOTIFIER_WEB__PROXIES too"),
        ({"WEB__VIEWER_TOKEN": "x"}, "set NOTIFIER_WEB__TOKEN too"),
        ({"WEB__TOKEN": "x", "WEB__VIEWER_TOKEN": "x"}, "give viewers another"),
        ({"WEB__PROXIES": "somewhere"}, "must be addresses or networks"),
        ({"WEB__PROXIES": "10.0.0.1", "WEB__USER_HEADER": "X User"}, "the name of a header"),
    ],
)
def test_whom_the_page_lets_in_is_said_without_contradiction(
    given: dict[str, str], advice: str
) -> None:
    [sentence] = complaints(**given)

    assert advice in sentence


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("https://alerts.example.com/", "https://alerts.example.com"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("https://intranet.example.com/alerts/", "https://intranet.example.com/alerts"),
        ("", ""),
    ],
)
def test_the_page_has_an_address_that_people_know(given: str, root: str) -> None:
    assert read(WEB__PUBLIC_URL=given).web.root == root


def test_the_page_on_loopback_may_be_called_by_its_public_name() -> None:
    web = read(WEB__NAMES="a.example", WEB__PUBLIC_URL="https://alerts.example.com:8443").web

    assert web.hosts == ("a.example", "alerts.example.com")


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("alerts.example.com", "a whole address, as https://"),
        ("/incidents", "a whole address, as https://"),
        ("ftp://alerts.example.com", "a whole address, as https://"),
        ("javascript:alert(1)", "a whole address, as https://"),
        ("https://", "a whole address, as https://"),
        ("https://alerts.example.com:port", "a whole address, as https://"),
        (f"https://ana:{HIDDEN}@alerts.example.com", "leave them out"),
        (f"https://alerts.example.com/?token={HIDDEN}", "without blanks, ?, #"),
        ("https://alerts.example.com/#x", "without blanks, ?, #"),
        ("https://alerts.example.com/a b", "without blanks, ?, #"),
        ("https://alerts.example.com/a|b>", "without blanks, ?, #"),
    ],
)
def test_an_address_that_leads_nowhere_or_says_too_much_is_refused(given: str, advice: str) -> None:
    [sentence] = complaints(WEB__PUBLIC_URL=given)

    assert sentence.startswith("NOTIFIER_WEB__PUBLIC_URL ")
    assert advice in sentence
    assert HIDDEN not in sentence


def test_every_wrong_variable_is_named_and_no_value_is_shown() -> None:
    wrong = {
        "DATABASE_URL": f"mysql://u:{HIDDEN}@h/n",
        "HEARTBEAT_URL": HIDDEN,
        "LOG_FORMAT": HIDDEN,
        "LOG_LEVEL": HIDDEN,
        "SLACK__BASE_URL": HIDDEN,
        "SLACK__BOT_TOKEN": f"{HIDDEN}\nX: y",
        "SLACK__WEBHOOKS__LEADS": HIDDEN,
        "SMTP__PORT": HIDDEN,
        "SMTP__SECURITY": HIDDEN,
        "SMTP__SENDER": f"{HIDDEN}\nBcc: y",
        "TOKENS__BOGOTA": f"{HIDDEN}\x00",
        "WEB__PORT": "65536",
        "WEBHOOKS__PAGER__URL": HIDDEN,
    }

    said = complaints(None, **wrong)

    assert sorted(sentence.split()[0] for sentence in said) == sorted(
        f"NOTIFIER_{name}" for name in wrong
    )
    assert HIDDEN not in "".join(said)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("TOKENS", "NOTIFIER_TOKENS__"),
        ("SLACK", "NOTIFIER_SLACK__"),
        ("SLACK__WEBHOOKS", "NOTIFIER_SLACK__"),
        ("WEBHOOKS__PAGER", "NOTIFIER_WEBHOOKS__PAGER__URL"),
        ("WEBHOOKS__PAGER__SECRET", "NOTIFIER_WEBHOOKS__PAGER__URL is missing"),
        ("SMTP__PASSWORD", "NOTIFIER_SMTP__USERNAME is missing"),
    ],
)
def test_half_a_setting_is_told_with_what_lacks(name: str, advice: str) -> None:
    [sentence] = complaints(**{name: HIDDEN})

    assert advice in sentence
    assert HIDDEN not in sentence


def test_tokens_that_are_json_of_another_shape_are_refused() -> None:
    [sentence] = complaints(TOKENS="[1]")

    assert "NOTIFIER_TOKENS__" in sentence


def test_a_password_and_an_access_token_exclude_each_other() -> None:
    said = complaints(SMTP__USERNAME="u", SMTP__PASSWORD="p", SMTP__OAUTH_TOKEN_FILE="f")

    assert len(said) == 1
    assert "keep one" in said[0]


def test_no_secret_is_seen_in_what_is_printed_or_logged() -> None:
    settings = read(
        DATABASE_URL=f"postgresql+psycopg://u:{HIDDEN}@h/n",
        TOKENS__BOGOTA=HIDDEN,
        SLACK__BOT_TOKEN=HIDDEN,
        SLACK__WEBHOOKS__X=f"https://x.example.com/{HIDDEN}",
        WEBHOOKS__X__URL=f"https://x.example.com/{HIDDEN}",
        WEBHOOKS__X__SECRET=HIDDEN,
        SMTP__USERNAME="u",
        SMTP__PASSWORD=HIDDEN,
        WEB__TOKEN=HIDDEN,
        HEARTBEAT_URL=f"https://x.example.com/{HIDDEN}",
    )

    assert HIDDEN not in f"{settings} {settings!r} {settings.model_dump()} "
    assert HIDDEN not in settings.model_dump_json()


# ---- files ----


def test_the_environment_wins_over_dotenv_and_that_over_the_folder(tmp_path: Path) -> None:
    dotenv, folder = tmp_path / ".env", tmp_path / "secrets"
    folder.mkdir()
    for name in ("ONE", "TWO", "THREE"):
        (folder / f"NOTIFIER_TOKENS__{name}").write_text("folder\n")
    dotenv.write_text(
        f"NOTIFIER_SECRETS_DIR={folder}\nNOTIFIER_TOKENS__TWO=dotenv\nNOTIFIER_TOKENS__ONE=dotenv\n"
    )

    settings = read(dotenv, TOKENS__ONE="environment")

    tokens = {name: token.get_secret_value() for name, token in settings.tokens.items()}
    assert tokens == {"one": "environment", "two": "dotenv", "three": "folder"}


def test_a_nested_secret_is_read_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "notifier_smtp__password").write_text("hush\n")
    (tmp_path / "NOTIFIER_WEBHOOKS__PAGER__URL").write_text("https://pager.example.com/x\n")

    settings = read(SECRETS_DIR=str(tmp_path), SMTP__USERNAME="u", SMTP__HOST="mail.example.com")

    assert settings.smtp.password is not None
    assert settings.smtp.password.get_secret_value() == "hush"
    assert settings.smtp.host == "mail.example.com"
    assert settings.webhook_for("pager").url.get_secret_value() == "https://pager.example.com/x"


def test_the_shipped_example_can_be_copied_as_it_is() -> None:
    example = Path(__file__).parents[2] / ".env.example"

    assert read(example) == read()
    assert unknown_variables({}, example) == []


def test_a_folder_of_secrets_that_is_not_there_is_told(tmp_path: Path) -> None:
    [sentence] = complaints(SECRETS_DIR=str(tmp_path / "gone"))

    assert "NOTIFIER_SECRETS_DIR" in sentence
    assert "gone" in sentence


def test_a_dotenv_of_another_encoding_is_told(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes("NOTIFIER_SMTP__SENDER=Señal".encode("utf-16"))

    [sentence] = complaints(dotenv)

    assert "UTF-8" in sentence


def test_a_dotenv_that_is_not_there_is_fine(tmp_path: Path) -> None:
    assert read(tmp_path / ".env") == read()


# ---- slips ----


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("NOTIFIER_SLACK__BOTTOKEN", "did you mean NOTIFIER_SLACK__BOT_TOKEN?"),
        ("NOTIFIER_TOKEN__BOGOTA", "did you mean NOTIFIER_TOKENS__<NAME>?"),
        ("notifier_web__prot", "did you mean NOTIFIER_WEB__PORT?"),
        ("NOTIFIER_COLOUR_OF_SKY", "see .env.example"),
        ("NOTIFER_TOKENS__BOGOTA", "did you mean NOTIFIER_TOKENS__<NAME>?"),
        ("NOTIFIERS_RULES", "did you mean NOTIFIER_RULES?"),
    ],
)
def test_an_unknown_variable_is_warned_of(name: str, advice: str) -> None:
    [warning] = unknown_variables({name: HIDDEN, "HOME": "x"}, None)

    assert warning.level == "warning"
    assert warning.text == f"unknown variable {name.upper()}; {advice}"


def test_a_variable_of_another_program_is_none_of_ours() -> None:
    assert unknown_variables({"NOTIFY_SOCKET": "x", "NOTICE_RULES": "x"}, None) == []


def test_a_token_under_a_misspelt_name_is_pointed_at_without_its_value() -> None:
    settings = read(TOKENS__BOGOTTA=HIDDEN)

    with pytest.raises(ConfigError) as caught:
        settings.token_for("bogota")

    [problem] = caught.value.problems
    assert problem.text.endswith("(NOTIFIER_TOKENS__BOGOTTA is set)")
    assert HIDDEN not in problem.text


def test_known_variables_are_not_warned_of() -> None:
    known = ["NOTIFIER_RULES", "NOTIFIER_TOKENS__LA_PAZ", "NOTIFIER_SLACK__WEBHOOKS__X"]

    assert unknown_variables(dict.fromkeys([*known, "NOTIFIER_SECRETS_DIR"], ""), None) == []


def test_the_process_environment_is_read_when_none_is_given() -> None:
    assert load_settings(dotenv=None).smtp.actual_port
    assert isinstance(unknown_variables(dotenv=None), list)


NAMES = st.sampled_from(
    ["RULES", "TOKENS", "TOKENS__A", "SLACK", "SLACK__WEBHOOKS", "SMTP__PORT", "WEB", "WEBHOOKS__A",
     "DATABASE_URL", "LOG_LEVEL", "SLACK__WEBHOOKS__A", "WEBHOOKS__A__URL", "WEB__PORT", "SMTP"]
)  # fmt: skip
TEXTS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
) | st.sampled_from(["{}", "[]", "null", "1", '{"a": {}}', '{"url": 1}', "https://a", "1e999"])


@given(st.dictionaries(NAMES, TEXTS))
def test_whatever_is_set_gives_settings_or_sentences(variables: dict[str, str]) -> None:
    problems: tuple[Problem, ...] = ()

    try:
        read(None, **variables)
    except ConfigError as error:
        problems = error.problems

    assert all(problem.text.isprintable() for problem in problems)


def test_a_line_that_says_nothing_is_named_and_not_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f'export NOTIFIER_LOG_LEVEL = "debug" # why\nTOKEN {HIDDEN}\nX="{HIDDEN}\n')

    settings, warnings = read(dotenv), unknown_variables({}, dotenv)

    assert settings.log_level == "debug"
    said = "cannot be read, and sets nothing; write NAME=value, a value with blanks in quotes"
    assert warnings == [
        Problem(f"line {line} {said}", str(dotenv), level="warning") for line in (2, 3)
    ]
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_is_called_dotenv_is_warned_of(tmp_path: Path) -> None:
    (warning,) = unknown_variables({}, tmp_path)

    assert str(warning) == f"{tmp_path}: warning: this is no file, and sets nothing"


@pytest.mark.parametrize(
    ("text", "variables", "found"),
    [
        (b"NOTIFIER_RULES='my rules.toml'\n", {}, "my rules.toml"),
        (b"NOTIFIER_RULES=a.toml\n", {"NOTIFIER_RULES": "b.toml"}, "b.toml"),
        (b"\xff\xfe", {}, "rules.toml"),
    ],
)
def test_the_rules_file_is_known_where_other_settings_are_wrong(
    tmp_path: Path, text: bytes, variables: dict[str, str], found: str
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(text)

    assert rules_file(variables, dotenv) == Path(found)


def test_a_missing_folder_of_secrets_is_named_where_dotenv_names_it(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("NOTIFIER_SECRETS_DIR=/nowhere/at/all\n")

    (said,) = complaints(dotenv)

    assert said.startswith("the folder /nowhere/at/all of NOTIFIER_SECRETS_DIR cannot be read")
