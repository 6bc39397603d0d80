"""What is shipped works where nothing else of ours is: the wheel, in an empty environment."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEEDED = ("README.md", "LICENSE", "rules.example.toml", "templates", "notifier/cli.py")

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not all((ROOT / name).exists() for name in NEEDED), reason="not all that is shipped exists"
    ),
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("build", "hatchling")),
        reason="build and hatchling are not installed",
    ),
]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout, with none of the developer's own settings."""
    kept = {"PATH": os.defpath, "HOME": str(cwd), "NO_COLOR": "1"}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the tools at hand; nothing is fetched."""
    out = tmp_path_factory.mktemp("dist")
    options = ("--wheel", "--no-isolation", "--outdir", str(out))
    built = run(sys.executable, "-m", "build", *options, str(ROOT), cwd=out)
    assert built.returncode == 0, built.stdout + built.stderr

    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment; return its folder of commands.

    The libraries are lent by the environment that runs the tests: a line in a ``.pth`` file, which
    comes after the wheel's own folder. A folder lent so has its own ``.pth`` files unread: an
    editable install of the checkout stays out of sight.
    """
    place = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place)
    lent = Path(site.stdout.strip()) / "lent.pth"
    lent.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = ("-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet")
    done = run(sys.executable, *pip, "--force-reinstall", str(wheel), cwd=place)
    assert done.returncode == 0, done.stderr

    return place / "bin"


def shipped(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_template_and_the_example(wheel: Path) -> None:
    templates = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]

    wanted = {f"notifier/{path.relative_to(ROOT)}" for path in templates}

    assert wanted
    assert wanted | {"notifier/rules.example.toml", "notifier/py.typed"} <= shipped(wheel)


def test_the_wheel_has_every_module_and_nothing_else_of_ours(wheel: Path) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "notifier").rglob("*.py")}

    assert modules <= shipped(wheel)
    assert {name.partition("/")[0] for name in shipped(wheel)} == {
        "notifier",
        next(name for name in shipped(wheel) if ".dist-info/" in name).partition("/")[0],
    }


def test_the_program_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    asked = "import notifier; print(notifier.__file__)"

    where = run(installed / "python", "-c", asked, cwd=tmp_path)

    assert where.stdout.startswith(str(installed.parent)), where.stderr


def test_the_example_is_checked_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    example = (ROOT / "rules.example.toml").read_text(encoding="utf-8")
    (tmp_path / "rules.toml").write_text(example, encoding="utf-8")

    checked = run(installed / "notifier", "check", "rules.toml", cwd=tmp_path)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".db"], "check writes nothing"


def test_the_tests_of_the_example_pass_far_from_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    example = (ROOT / "rules.example.toml").read_text(encoding="utf-8")
    (tmp_path / "rules.toml").write_text(example, encoding="utf-8")

    tested = run(installed / "notifier", "test", "rules.toml", cwd=tmp_path)

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_module_runs_like_the_command(installed: Path, tmp_path: Path) -> None:
    command = run(installed / "notifier", "--help", cwd=tmp_path)
    module = run(installed / "python", "-m", "notifier", "--help", cwd=tmp_path)

    assert command.returncode == module.returncode == 0
    assert "run" in command.stdout


def test_a_wrong_file_is_told_in_sentences(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text('[[operation]]\nnaem = "x"\n', encoding="utf-8")

    checked = run(installed / "notifier", "check", "rules.toml", cwd=tmp_path)

    assert checked.returncode == 2
    assert "rules.toml:2:1: error:" in checked.stderr
    assert "Traceback" not in checked.stderr + checked.stdout
