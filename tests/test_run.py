"""``run.py`` on machines that are not quite ready: it mends what it can and names what is missing."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``run.py`` of a checkout in an empty folder, with a file of requirements that needs nothing."""
    spec = importlib.util.spec_from_file_location("run_of_the_test", ROOT / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "INSTALLED", tmp_path / ".venv" / ".installed")
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "requirements.txt").write_text("# nothing either\n")
    return module


@pytest.fixture
def commands(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; every command succeeds, and making the environment makes a Python in it."""
    seen: list[list[str]] = []

    def pretend(command: list[str], **_options: Any) -> subprocess.CompletedProcess[bytes]:
        seen.append(command)
        if command[1:3] == ["-m", "venv"]:
            run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            run.PYTHON.touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(run.subprocess, "run", pretend)
    return seen


def installs(commands: list[list[str]]) -> int:
    return sum(command[1:4] == ["-m", "pip", "install"] for command in commands)


def test_a_second_start_installs_nothing(run: ModuleType, commands: list[list[str]]) -> None:
    run.environment(run.ROOT / "requirements.txt")
    run.environment(run.ROOT / "requirements.txt")
    assert installs(commands) == 1


def test_a_pin_that_went_back_is_installed_again(run: ModuleType, commands: list[list[str]]) -> None:
    """What counts is what is installed now, not what was once."""
    pins = run.ROOT / "requirements.txt"
    for text in ("Flask==3.1.3\n", "Flask==3.1.2\n", "Flask==3.1.3\n"):
        pins.write_text(text)
        run.environment(pins)
    assert installs(commands) == 3


def test_tests_and_product_take_turns_without_installing(run: ModuleType, commands: list[list[str]]) -> None:
    pins, more = run.ROOT / "requirements.txt", run.ROOT / "tests" / "requirements.txt"
    for files in ((pins,), (pins, more), (pins,), (pins, more)):
        run.environment(*files)
    assert installs(commands) == 2


def test_an_installation_that_did_not_end_is_done_again(
    run: ModuleType, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = run.ROOT / "requirements.txt"
    run.environment(pins)
    pins.write_text("Flask==3.1.3\n")
    pretend = run.subprocess.run
    fails = lambda command, **options: subprocess.CompletedProcess(command, 1 if "install" in command else 0)  # noqa: E731
    monkeypatch.setattr(run.subprocess, "run", fails)
    with pytest.raises(SystemExit, match="依赖安装失败"):
        run.environment(pins)
    pins.write_text("# nothing\n")
    monkeypatch.setattr(run.subprocess, "run", pretend)
    run.environment(pins)
    assert installs(commands) == 2


def test_a_half_made_environment_is_made_anew(run: ModuleType) -> None:
    """For real: an environment without pip, as an interrupted first start leaves it, is replaced by one that has it."""
    subprocess.run([run.sys.executable, "-m", "venv", "--without-pip", str(run.VENV)], check=True)
    assert not run.has_pip()
    run.environment(run.ROOT / "requirements.txt")
    assert run.has_pip()
    assert run.installed()["requirements.txt"] == run.digest(run.ROOT / "requirements.txt")


def test_an_environment_behind_a_link_is_left_alone(run: ModuleType, tmp_path: Path) -> None:
    """Emptying it would empty what others use: nothing behind the link changes, and the sentence names the link."""
    theirs = tmp_path / "theirs"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "kept").write_text("kept")
    run.VENV.symlink_to(theirs, target_is_directory=True)
    with pytest.raises(SystemExit, match=r"\.venv 是一个链接.*\(.*is a link; remove the link first"):
        run.environment(run.ROOT / "requirements.txt")
    assert run.VENV.is_symlink()
    assert (theirs / "kept").read_text() == "kept"
    assert sorted(each.name for each in theirs.iterdir()) == ["bin", "kept"]


def test_without_debians_package_it_is_named(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv"):
        run.environment(run.ROOT / "requirements.txt")
    assert not run.VENV.exists()
