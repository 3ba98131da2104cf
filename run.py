#!/usr/bin/env python3
"""One command: ``python3 run.py``.

This file needs the standard library only. It makes ``.venv`` on first use, installs the pinned requirements there, and hands over to
``app.cli`` inside it. ``python3 run.py test`` does the same for the test requirements, then runs the whole suite.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(*requirements: Path) -> None:
    """Make the virtual environment and install *requirements*, unless exactly these are installed already.

    Files called ``…-alone.txt`` hold what is installed without the packages that it says it needs.
    """
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in requirements)).hexdigest()[:16]
    done = VENV / f".installed-{digest}"
    if done.exists():
        return
    if not PYTHON.exists():
        print("首次运行:正在建立 .venv … (first use: making .venv)", flush=True)
        venv.create(VENV, with_pip=True)
    print("正在安装依赖,约需一分钟 … (installing the pinned requirements, about a minute)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    together = [path for path in requirements if not path.stem.endswith("-alone")]
    commands = [pip + [part for path in together for part in ("-r", str(path))]]
    commands += [[*pip, "--no-deps", "-r", str(path)] for path in requirements if path not in together]
    if any(subprocess.run(command, check=False).returncode for command in commands):
        sys.exit("依赖安装失败,原因见上。请检查软件源后重试。 (pip failed; its reason stands above. Mend it and run again.)")
    done.touch()


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
