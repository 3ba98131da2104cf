"""The commands of run.py."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import cli, clock
from app.config import ConfigError, from_environment
from app.deploying import prepare

DIAGRAMS = Path(__file__).parent / "engine" / "conformance" / "diagrams"


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    """Commands let this process follow the virtual clock of their database."""
    yield
    clock.reset()


def test_everything_shipped_passes_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    """No diagram, form or decision of the repository is refused."""
    assert cli.main(["check"]) == 0, capsys.readouterr().out
    assert "没有错误" in capsys.readouterr().out


def test_a_refused_file_is_named_with_element_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.bpmn"
    text = (DIAGRAMS / "user-task-without-mapping.bpmn").read_text()
    broken.write_text(text.replace('candidateGroups="office,commander"', ""))
    assert cli.main(["check", str(broken)]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if ": a: " in line and "broken.bpmn" in line][:1]
    assert line.startswith("broken.bpmn")


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path / "nothing.bpmn")]) == 1
    assert "nothing.bpmn" in capsys.readouterr().err


def test_production_needs_its_own_keys(tmp_path: Path) -> None:
    """No default secret: production without keys does not start, and says which one is missing."""
    with pytest.raises(ConfigError, match="DAOPAI_SECRET_KEY"):
        from_environment({"DAOPAI_HOME": str(tmp_path), "DAOPAI_ENV": "production"})
    with pytest.raises(ConfigError, match="DAOPAI_DATA_KEY"):
        from_environment({"DAOPAI_HOME": str(tmp_path), "DAOPAI_ENV": "production", "DAOPAI_SECRET_KEY": "x" * 64})


def test_keys_are_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    first = from_environment({"DAOPAI_HOME": str(tmp_path)})
    assert from_environment({"DAOPAI_HOME": str(tmp_path)}) == first
    assert (tmp_path / ".daopai_data_key").stat().st_mode & 0o077 == 0


def test_a_port_alone_means_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setitem(cli._COMMANDS, "serve", lambda options: seen.append(options.port) or 0)
    assert cli.main(["--port", "8123"]) == 0
    assert cli.main([]) == 0
    assert seen == [8123, 5000]


def test_deploying_the_same_file_twice_makes_one_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = str(DIAGRAMS / "none-start-end.bpmn")
    assert cli.main(["deploy", file]) == 0
    assert "process none_start_end v1" in capsys.readouterr().out
    assert cli.main(["deploy", file]) == 0
    out = capsys.readouterr().out
    assert "none-start-end.bpmn: 未变化" in out
    assert "v2" not in out


def test_a_new_installation_gets_its_first_account_and_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first password is printed once; a second account of the same name and a token for nobody are refused with a sentence."""
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert cli.main(["account", "wang", "--name", "王安"]) == 0
    assert "security_admin" in capsys.readouterr().out
    assert cli.main(["account", "wang"]) == 1
    assert capsys.readouterr().err
    assert cli.main(["token", "wang"]) == 0
    assert len(capsys.readouterr().out.strip().splitlines()[-1]) > 20
    assert cli.main(["token", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize("written", ["prod", "Production", "produktion"])
def test_a_mistyped_environment_is_refused(tmp_path: Path, written: str) -> None:
    """Somebody meant production: the demonstration must not come instead."""
    with pytest.raises(ConfigError, match="DAOPAI_ENV"):
        from_environment({"DAOPAI_HOME": str(tmp_path / "new"), "DAOPAI_ENV": written})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "mysql://localhost/daopai"},
        {"DATABASE_URL": "nonsense"},
        {"DAOPAI_DATA_KEY": "z" * 64},
        {"DAOPAI_DATA_KEY": "short"},
        {"DAOPAI_SECRET_KEY": "short"},
        {"DAOPAI_SEAL_KEY": "x"},
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, settings: dict[str, str]) -> None:
    (name,) = settings
    with pytest.raises(ConfigError, match=name):
        from_environment({"DAOPAI_HOME": str(tmp_path), **settings})


def test_a_damaged_key_file_is_not_used(tmp_path: Path) -> None:
    """An empty key file would make every session forgeable, or every value unreadable."""
    from_environment({"DAOPAI_HOME": str(tmp_path)})
    (tmp_path / ".daopai_secret_key").write_text("")
    with pytest.raises(ConfigError, match="daopai_secret_key"):
        from_environment({"DAOPAI_HOME": str(tmp_path)})


#: How to spoil an installation that has been started once, and what the sentence says.
def _corrupt(home: Path) -> None:
    (home / "daopai.db").write_bytes(b"no database at all" * 100)


def _newer(home: Path) -> None:
    with sqlite3.connect(home / "daopai.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def _other_key(home: Path) -> None:
    (home / ".daopai_data_key").write_text("ab" * 32)


def _in_production(home: Path) -> None:
    with sqlite3.connect(home / "daopai.db") as connection:
        connection.execute("UPDATE installation SET production = 1")


def _a_folder_instead(home: Path) -> None:
    (home / "daopai.db").unlink()
    (home / "daopai.db").mkdir()


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"], ["token", "wang"], ["account", "li"], ["simulate"]])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_corrupt, "损坏"),
        (_newer, "9999"),
        (_other_key, "DAOPAI_DATA_KEY"),
        (_in_production, "正式环境"),
        (_a_folder_instead, "权限"),
    ],
)
def test_what_prevents_a_start_is_said_in_one_sentence(
    started: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    says: str,
    command: list[str],
) -> None:
    """Exit status 1 and no traceback, whatever the command."""
    for name in started.glob("daopai.db-*"):
        name.unlink()
    spoil(started)
    assert cli.main(command) == 1
    said = capsys.readouterr().err.strip()
    assert says in said
    assert len(said.splitlines()) == 1


@pytest.fixture
def started(tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installation that has been started once."""
    home = tmp_path / "home"
    shutil.copytree(installed, home)
    monkeypatch.setenv("DAOPAI_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return home


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("installed")
    prepare(from_environment({"DAOPAI_HOME": str(home)})).dispose()
    return home


def test_a_database_that_is_away_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert cli.main(["worker"]) == 1
    assert "无法连接" in capsys.readouterr().err


def test_an_older_production_database_is_recognised(started: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From before the mark: accounts of real people and no demonstration."""
    assert cli.main(["account", "wang"]) == 0
    with sqlite3.connect(started / "daopai.db") as connection:
        connection.execute("DELETE FROM installation")
    capsys.readouterr()
    assert cli.main(["simulate", "--households", "1"]) == 1
    assert "正式环境" in capsys.readouterr().err
    with sqlite3.connect(started / "daopai.db") as connection:
        assert connection.execute("SELECT count(*) FROM campaign").fetchone() == (0,)


def test_a_simulation_refuses_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DAOPAI_ENV", "production")
    monkeypatch.setenv("DAOPAI_HOME", str(tmp_path / "home"))
    assert cli.main(["simulate"]) == 1
    assert "模拟" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
