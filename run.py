#!/usr/bin/env python3
"""One command: ``python3 run.py``.

This file needs the standard library only. It makes ``.venv`` on first use, installs the pinned requirements there, and hands over to
``app.cli`` inside it. ``python3 run.py test`` does the same for the test requirements, then runs the whole suite.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
#: What is installed, a line for each file of requirements: its name and the digest of what stood in it. Missing while pip runs.
INSTALLED = VENV / ".installed"


def environment(*requirements: Path) -> None:
    """Make the virtual environment and install *requirements*, unless exactly these are installed already.

    Files called ``…-alone.txt`` hold what is installed without the packages that it says it needs.
    """
    wanted = {path.name if path.parent == ROOT else f"{path.parent.name}/{path.name}": digest(path) for path in requirements}
    wanted["python"] = ".".join(map(str, sys.version_info[:2]))
    there = installed()
    if PYTHON.exists() and wanted.items() <= there.items():
        return
    if there.get("python") != wanted["python"] or not has_pip():
        make_environment()
        there = {}
    INSTALLED.unlink(missing_ok=True)
    print("正在安装依赖，约需一分钟 … (installing the pinned requirements, about a minute)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    together = [path for path in requirements if not path.stem.endswith("-alone")]
    commands = [pip + [part for path in together for part in ("-r", str(path))]]
    commands += [[*pip, "--no-deps", "-r", str(path)] for path in requirements if path not in together]
    if any(subprocess.run(command, check=False).returncode for command in commands):
        sys.exit("依赖安装失败，原因见上。请检查软件源后重试。 (pip failed; its reason stands above. Mend it and run again.)")
    INSTALLED.write_text("".join(f"{name} {value}\n" for name, value in sorted({**there, **wanted}.items())))


def digest(path: Path) -> str:
    """What a file of requirements holds, in 16 characters."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def installed() -> dict[str, str]:
    """What the environment says is installed: file of requirements → digest. Empty after an installation that did not end."""
    try:
        return dict(line.split(" ", 1) for line in INSTALLED.read_text().splitlines())
    except (OSError, ValueError):
        return {}


def has_pip() -> bool:
    """Whether the environment was made to its end: an interrupted one has a Python, but no pip."""
    if not PYTHON.exists():
        return False
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def make_environment() -> None:
    """Make ``.venv`` anew, whatever half of one is there. Debian has a part of the standard library in a package of its own."""
    print("正在建立 .venv … (making .venv)", flush=True)
    version = ".".join(map(str, sys.version_info[:2]))
    missing = f"""无法建立 .venv：缺少 Python 的 venv 组件。在 Debian 或 Ubuntu 上请先安装：apt install python{version}-venv，然后重新运行。
(Python's venv module is not complete. On Debian or Ubuntu install it first: apt install python{version}-venv. Then run this again.)"""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(missing)
    if VENV.is_symlink():
        # Emptying it would empty what others use.
        sys.exit(f"{VENV} 是一个链接，不会清空它所指的环境；请先删除这个链接。 ({VENV} is a link; remove the link first.)")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False).returncode:
        sys.exit("无法建立 .venv，原因见上。请处理后重新运行。 (.venv cannot be made; the reason stands above. Mend it and run again.)")


def main(arguments: list[str]) -> None:
    """Prepare the environment and go on inside it."""
    if sys.version_info < (3, 11):  # noqa: UP036  (people start this file with whatever python3 they have)
        sys.exit("需要 Python 3.11 或更新版本。 (Daopai needs Python 3.11 or newer.)")
    requirements = [ROOT / "requirements.txt"]
    testing = arguments[:1] == ["test"]
    if testing:
        requirements += [ROOT / "tests" / "requirements.txt", ROOT / "tests" / "requirements-alone.txt"]
    environment(*requirements)
    module = ["-m", "pytest", *arguments[1:]] if testing else ["-m", "app.cli", *arguments]
    if testing:
        os.chdir(ROOT)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    os.execv(PYTHON, [str(PYTHON), *module])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
