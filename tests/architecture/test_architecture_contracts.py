from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-cache", "--config", str(ROOT / ".importlinter")],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_house_keeps_its_contracts() -> None:
    done = lint_imports(ROOT / "src")
    assert done.returncode == 0, done.stdout


def test_the_contracts_have_no_holes() -> None:
    plan = [line.split("#")[0] for line in (ROOT / ".importlinter").read_text().splitlines()]
    assert not [line for line in plan if "ignore_imports" in line or "exhaustive_ignores" in line]


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("kit/planted.py", "import ostiary.domain", "Floors of the house"),
        ("storage/planted.py", "import ostiary.protocols", "Floors of the house"),
        ("domain/planted.py", "", "Capabilities in order"),
        ("protocols/planted.py", "", "Protocols do not know each other"),
        ("policy/planted.py", "import sqlite3", "Rules do no input or output"),
        ("app/planted.py", "import sqlalchemy", "Only storage speaks SQL"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path: Path, file: str, line: str, contract: str) -> None:
    shutil.copytree(ROOT / "src/ostiary", tmp_path / "ostiary", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "ostiary" / file).write_text(f"{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout
