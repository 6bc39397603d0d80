"""The house itself: rooms, map, documented keys and settings, the files people copy."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "notifier"
TOPS = (ROOT, ROOT / "notifier")  # a page names files from either

# Wall: each library has one room (a second one only where the reason is written beside it).
ROOMS: dict[str, tuple[str, ...]] = {
    "aiosmtpd": ("simulator",),
    "apprise": ("channels.apprise",),
    "PIL": ("render",),
    "alembic": ("store",),
    "apscheduler": ("schedule",),
    "babel": ("render",),
    "css_inline": ("render", "channels"),
    "fastapi": ("web",),
    "holidays": ("core.rules.shifts",),
    "jinja2": ("render",),
    "markupsafe": ("render",),
    "msgspec": (
        "core",
        "store",
        "journal",
        "desk",
        "errands",
    ),  # structs of the core, and what crosses to the process that looks back
    "opentelemetry": ("traces.collector",),
    "prometheus_client": ("web",),
    "psycopg": ("store",),
    "pydantic": (
        "core",
        "settings",
        "web.api_changes",
        "web.hindsight",
    ),  # the rules file is a model
    "pydantic_core": ("core",),
    "pydantic_settings": ("settings",),
    "requests": (
        "wolkvox",
        "wire",
        "channels",
        "web.heartbeat",
        "traces.collector",
    ),  # webhooks are posted, too
    "rich": ("cli", "commands", "demo.terminal"),
    "slack_sdk": ("channels",),
    "smtplib": ("channels",),
    "sqlalchemy": ("store",),
    "sqlite3": ("store",),
    "starlette": ("web", "demo.site"),
    "structlog": ("logs",),
    "tree_sitter": ("core.rules.places",),
    "tree_sitter_toml": ("core.rules.places",),
    "typer": ("cli", "commands"),
    "urllib3": ("wolkvox", "wire", "channels"),  # below requests
    "uvicorn": ("web",),
    "watchfiles": ("commands.run",),
    "zstandard": ("store",),
}

LONGEST_FUNCTION = 40  # lines, without docstring
LONGEST_MODULE = 400


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """``core/payload/diff.py`` is ``core.payload.diff``; a folder's ``__init__`` is the folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def imported(path: Path) -> set[str]:
    """Return the first word of every module imported anywhere in the file."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def in_room(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def tracked() -> list[Path]:
    """Return the files that git knows; all files where there is no git, as in an archive."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what is tracked cannot be known")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def text_of(name: str) -> str:
    path = ROOT / name
    if not path.is_file():
        pytest.skip(f"{name} is not written yet")
    return path.read_text(encoding="utf-8")


def module(name: str) -> ModuleType:
    """Import one of our modules, or skip where it is not written yet."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None:
        pytest.skip(f"{name} is not written yet")
    return importlib.import_module(name)


# ---- rooms ----


@pytest.mark.parametrize("library", sorted(ROOMS))
def test_each_library_has_its_room(library: str) -> None:
    users = {dotted(path) for path in modules() if library in imported(path)}

    strangers = {user for user in users if not any(in_room(user, room) for room in ROOMS[library])}

    assert not strangers, f"{library} belongs in {ROOMS[library]}"


def test_every_library_that_is_used_is_declared_and_has_a_room() -> None:
    ours = {"notifier"}
    used = set[str]().union(*map(imported, modules())) - set(sys.stdlib_module_names) - ours

    assert used <= set(ROOMS)


def test_every_dependency_is_used() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    names = {re.split(r"[^A-Za-z0-9_-]", line)[0] for line in project["dependencies"]}
    unnamed = {"tzdata", "email-validator"}  # data and a plug-in: nothing imports them by name

    used = set[str]().union(*map(imported, modules()))
    idle = {name for name in names - unnamed if name.replace("-", "_") not in used}

    assert not idle


def test_a_page_a_command_and_a_test_say_what_they_do() -> None:
    silent = [dotted(path) for path in modules() if not ast.get_docstring(tree(path))]

    assert not silent, "a module says in one sentence what it does"


# ---- size ----


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{dotted(path)}.{node.name}", node


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 1


def test_no_function_is_longer_than_a_screen() -> None:
    long = {name: body_lines(node) for name, node in functions()}

    assert {name: size for name, size in long.items() if size > LONGEST_FUNCTION} == {}


def test_no_module_is_a_book() -> None:
    lines = {dotted(path): path.read_text(encoding="utf-8").count("\n") for path in modules()}

    assert {name: size for name, size in lines.items() if size > LONGEST_MODULE} == {}


def test_no_module_is_named_for_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "manager", "handler", "handlers", "misc"}

    assert not [path for path in modules() if path.stem in drawers]


# ---- map ----


def test_the_map_names_every_module_and_no_other() -> None:
    page = text_of("docs/architecture.md")
    named = re.findall(r"^\| `([a-z_./]+)` \|", page, flags=re.MULTILINE)

    there = [
        str(path.relative_to(PACKAGE))
        for path in modules()
        if path.stem != "__init__" and "versions" not in path.parts
    ]

    assert sorted(named) == sorted(there)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_files_that_contributors_are_sent_to_are_there(page: str) -> None:
    named = set(re.findall(r"`([\w./]+(?:\.(?:py|toml|md|lock)|/))`", text_of(page)))

    missing = [name for name in named if not any((top / name).exists() for top in TOPS)]

    assert named
    assert not missing


def test_no_row_of_a_table_stands_without_its_heading() -> None:
    alone = [
        f"{page.relative_to(ROOT)}: {row[:60]}"
        for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        for row in re.findall(r"\n\n(\|.*\|)\n(?!\|[ :-]*-)", page.read_text(encoding="utf-8"))
    ]

    assert alone == []


def test_the_flow_in_the_contracts_is_the_tree() -> None:
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    placed = {
        item["containers"][0]: {
            name.strip(" ()") for layer in item["layers"] for name in layer.split("|")
        }
        for item in contracts
        if item.get("containers")
    }

    core = PACKAGE / "core"
    there = {
        ".".join(folder.relative_to(ROOT).parts): {
            path.stem
            for path in folder.iterdir()
            if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("__")
        }
        for folder in {
            core,
            *(path.parent for path in core.glob("*/__init__.py")),
            *(ROOT.joinpath(*name.split(".")) for name in placed),
        }
    }

    assert placed == there


def test_every_decision_has_its_three_parts() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(path.name[:4]) for path in records]

    assert numbers == list(range(1, len(records) + 1))
    for path in records:
        parts = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], path.name


def links() -> Iterator[tuple[Path, str]]:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                yield page, target


def test_no_page_links_to_nothing() -> None:
    broken = [
        f"{page.name}: {target}" for page, target in links() if not (page.parent / target).exists()
    ]

    assert not broken


# ---- keys, settings, commands ----


def models_in(annotation: Any) -> Iterator[type]:
    """Yield every pydantic model that a field's annotation mentions."""
    if hasattr(annotation, "model_fields"):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def rulebook_keys() -> set[str]:
    """Return each key of the rules file, as its JSON Schema says them."""
    schema = module("notifier.core.rules.rulebook").schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {key for part in parts for key in part.get("properties", {})}


def test_every_key_of_the_rules_file_is_documented() -> None:
    page = text_of("docs/rules.md")

    missing = {key for key in rulebook_keys() if f"`{key}`" not in page}

    assert not missing


def variables(model: Any, prefix: str) -> Iterator[str]:
    """Yield each variable that a settings model reads; a table's own names are ``*``."""
    for name, field in model.model_fields.items():
        inner = next(models_in(field.annotation), None)
        star = "*__" if "dict" in str(field.annotation).lower() and inner else ""
        here = f"{prefix}{name.upper()}"
        if inner is not None:
            yield from variables(inner, f"{here}__{star}")
        elif any(word in str(field.annotation).lower() for word in ("dict", "mapping")):
            yield f"{here}__*"
        else:
            yield here


def test_every_setting_is_in_the_example_and_no_other() -> None:
    settings = module("notifier.settings").Settings
    listed = set(re.findall(r"^#?(NOTIFIER_[A-Z_]+)=", text_of(".env.example"), re.MULTILINE))
    tables = {"TOKENS__BOGOTA": "TOKENS__*", "TEAM_LEADS": "*", "__PAGER__": "__*__"}
    for example, star in tables.items():
        listed = {name.replace(example, star) for name in listed}

    read = set(variables(settings, "NOTIFIER_")) | {"NOTIFIER_SECRETS_DIR"}

    assert listed == read


def test_the_example_of_the_environment_holds_no_secret() -> None:
    lines = re.findall(r"^#?(NOTIFIER_\w+)=(.*)$", text_of(".env.example"), re.MULTILINE)
    secret = [name for name, _ in lines if re.search(r"TOKEN|PASSWORD|SECRET$|WEBHOOKS", name)]

    assert secret
    assert not [name for name, value in lines if name in secret and value]


def test_the_slack_app_asks_for_the_scopes_that_are_explained_and_no_other() -> None:
    manifest, page = text_of("slack-app-manifest.yaml"), text_of("docs/slack.md")
    asked = set(re.findall(r"^ +-? ?#? ?- ([a-z]+:[a-z]+)", manifest, re.MULTILINE))
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    explained = {scope for row in rows for scope in re.findall(r"`([a-z]+:[a-z]+)`", row)}

    assert asked == explained


def test_the_example_of_the_rules_is_without_a_mistake() -> None:
    load = module("notifier.core.rules.rulefile").load
    catalogue = module("notifier.wolkvox.endpoints").CATALOGUE

    assert load(text_of("rules.example.toml"), catalogue, "rules.example.toml").warnings == ()


def test_every_rule_of_the_example_has_a_test() -> None:
    example = tomllib.loads(text_of("rules.example.toml"))
    tested = {test["rule"] for test in example.get("test", [])}

    assert {rule["id"] for rule in example["rule"]} <= tested


def test_every_alert_of_the_example_has_words_in_each_language() -> None:
    example = tomllib.loads(text_of("rules.example.toml"))
    alerts = [rule for rule in example["rule"] if rule.get("kind") != "event"]

    without = [rule["id"] for rule in alerts if set(rule.get("summary", ())) != {"en", "es", "pt"}]

    assert alerts
    assert not without


# ---- what is shipped ----


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions, continued lines joined, comments gone."""
    text = re.sub(r"^\s*#.*\n", "", text_of("Dockerfile"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    pairs = (line.strip().partition(" ") for line in lines if line.strip())
    return [(word, rest.strip()) for word, _, rest in pairs]


def said(word: str) -> list[str]:
    return [rest for instruction, rest in dockerfile() if instruction == word]


def test_the_image_is_built_in_two_stages_from_named_versions() -> None:
    bases = said("FROM")

    assert len(bases) == 2
    for base in bases:
        assert re.match(r"python:3\.1[1-4]-slim-\w+( AS \w+)?$", base), base


def test_the_image_runs_without_root_and_writes_to_its_volume_only() -> None:
    last = max(index for index, (word, _) in enumerate(dockerfile()) if word == "FROM")
    runtime = dict(dockerfile()[last:])

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", runtime["USER"])
    assert runtime["VOLUME"] == "/data"
    assert "NOTIFIER_DATABASE_URL=sqlite:////data/" in runtime["ENV"]
    assert runtime["STOPSIGNAL"] == "SIGTERM"


@pytest.mark.parametrize("word", ["ENTRYPOINT", "CMD"])
def test_the_image_starts_without_a_shell(word: str) -> None:
    (command,) = said(word)

    assert json.loads(command)


def test_the_image_asks_its_own_health() -> None:
    (check,) = said("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])

    assert command[:2] == ["python", "-c"]
    assert "/healthz" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")


def test_the_image_holds_every_wheel_to_its_hash_and_fetches_nothing_else() -> None:
    installs = [part for run in said("RUN") for part in run.split("&&") if "pip " in part]

    assert installs
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install, install
    assert not said("ADD")
    assert not [run for run in said("RUN") if re.search(r"\b(curl|wget|sudo|apt-get)\b", run)]


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    copies = [copy.split() for copy in said("COPY") if not copy.startswith("--from")]

    sources = {source for *many, _ in copies for source in many}

    assert {name.removeprefix("./") for name in sources} <= kept
    assert not [name for name in kept if not (ROOT / name).exists()]


def test_compose_keeps_the_container_shut() -> None:
    text = text_of("compose.yaml")

    for line in ("read_only: true", "cap_drop:", "- ALL", "no-new-privileges:true", "- /tmp"):
        assert line in text
    assert "127.0.0.1:8080:8080" in text, "the page is for this machine unless someone says so"
    assert ":latest" not in text
    assert not re.search(r"(TOKEN|PASSWORD|SECRET): *\S", text), "secrets are files"


def commands() -> set[str]:
    cli = module("notifier.cli")
    from typer.main import get_command

    return set(getattr(get_command(cli.app), "commands", {}))


def test_the_image_and_make_run_commands_that_exist() -> None:
    (start,) = (json.loads(command) for command in said("CMD"))
    typed = re.findall(r"\$\(BIN\)/notifier (\w+)", text_of("Makefile"))

    assert {*start, *typed} <= commands()


def test_make_explains_every_target() -> None:
    text = text_of("Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    explained = set(re.findall(r"^([a-z]+):.*## \S", text, re.MULTILINE))

    assert phony is not None
    assert explained == set(phony[1].split())


def test_ci_runs_what_people_run() -> None:
    text = text_of(".ci/run")

    assert "set -euo pipefail" in text
    assert "make check" in text


def test_the_lock_names_versions_and_hashes_and_no_place() -> None:
    lines = [line for line in text_of("requirements.lock").splitlines() if line[:1].isalnum()]

    assert len(lines) > 50
    assert not [line for line in lines if "==" not in line]
    assert "://" not in text_of("requirements.lock")
    assert text_of("requirements.lock").count("--hash=sha256:") >= len(lines)


def test_the_lock_has_every_dependency() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = set(re.findall(r"^([a-z0-9-]+)==", text_of("requirements.lock"), re.MULTILINE))

    names = {re.split(r"[^A-Za-z0-9_-]", line)[0].lower().replace("_", "-") for line in wanted}

    assert names <= locked


# ---- nothing of ours leaks ----

# Written in pieces, for this file is searched too.
MACHINE = [
    "/ho" + "me/[a-z]",
    "/ro" + "ot/",
    "/wo" + "rk/",
    "/opt/py" + "pi",
    "pypi" + r"\.org",
    "files\\.python" + "hosted",
    "registry\\." + "npmjs",
    "deb\\." + "debian",
    r"BEGIN (RSA |EC |OPENSSH )?PRIV" + "ATE KEY",
    r"xox[abp]-\d{6,}",
]


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    pattern = re.compile("|".join(MACHINE))
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]

    assert not found


def test_no_state_no_cache_and_no_secret_file_is_tracked() -> None:
    names = {str(path.relative_to(ROOT)) for path in tracked()}

    assert not [
        name
        for name in names
        if name == ".env" or re.search(r"(\.db(-wal|-shm|\.lock)?|\.pyc|\.log)$|__pycache__", name)
    ]


def test_the_hooks_are_local_and_call_make() -> None:
    text = text_of(".pre-commit-config.yaml")

    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    assert all(entry.startswith("make ") for entry in re.findall(r"entry: (.+)", text))


def test_the_version_is_said_once() -> None:
    version = module("notifier.version").VERSION

    assert f"notifier:{version}" in text_of("compose.yaml")
    assert version not in text_of("pyproject.toml").partition("[tool")[0]
    assert [dotted(path) for path in modules() if f'"{version}"' in path.read_text("utf-8")] == [
        "version"
    ]


# ---- operating ----


def log_phrases() -> Iterator[str]:
    """Yield the constant phrase of every log line."""
    for path in modules():
        for node in ast.walk(tree(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            speaks = ast.unparse(node.func.value) in {"log", "self.log", "_log"}
            if speaks and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def test_every_log_line_is_explained_and_no_other() -> None:
    page = text_of("docs/operating.md").partition("## Log lines")[2].partition("Kinds of")[0]
    firsts = re.findall(r"^\| (`[^|]+`) \|", page, re.MULTILINE)
    explained = {phrase for cell in firsts for phrase in re.findall(r"`([^`]+)`", cell)}

    assert explained == set(log_phrases())


def test_every_kind_of_failed_poll_is_explained() -> None:
    page = text_of("docs/operating.md").partition("Kinds of failed polls")[2]
    kinds = {kind.value for kind in module("notifier.errors").Trouble}

    assert not [kind for kind in kinds if f"`{kind}`" not in page]


def test_every_number_is_explained() -> None:
    page = text_of("docs/operating.md")
    names = re.findall(
        r'"(notifier_[a-z_]+)"', text_of("notifier/web/metrics.py"), flags=re.MULTILINE
    )

    assert names
    assert not [name for name in names if f"`{name}" not in page]
