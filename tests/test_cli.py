"""The commands of run.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli, clock
from app.config import ConfigError, from_environment

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
