from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src/ostiary").rglob("*.py"))
MOST_LINES_OF_A_FILE = 500
JUNK_DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}

# Put together here, so that this file does not contain what it forbids.
BANNED = tuple(
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.", "npmjs.org"),
        ("registry.", "yarnpkg.com"),
        ("proxy.", "golang.org"),
        ("--index", "-url"),
        ("/wo", "rk/"),
        ("/t", "mp/brief"),
    )
)


def test_no_source_file_is_longer_than_the_ceiling() -> None:
    lengths = {_shown(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short() -> None:
    lengths = sorted(_function_lengths())
    assert median(lengths) < 10
    assert sum(length < 30 for length in lengths) / len(lengths) >= 0.9


def test_no_file_is_a_junk_drawer() -> None:
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py")]
    drawers = [_shown(path) for path in files if JUNK_DRAWERS & {path.stem, *path.relative_to(ROOT).parts}]
    assert drawers == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_module_says_what_it_answers(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()), clean=False)
    assert docstring, f"{_shown(path)} has no docstring"
    assert docstring == docstring.lstrip(), "the first line stands on the line of the opening quotes"


def test_test_files_have_unique_names() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_file_names_a_package_registry_or_a_place_on_one_machine() -> None:
    found = [f"{_shown(path)}: {word}" for path in _files_of_the_project() for word in BANNED if _contains(path, word)]
    assert found == []


def test_every_locked_package_is_hashed() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        entries = re.split(r"\n(?=\S)", lock.read_text().strip())
        bare = [entry.split()[0] for entry in entries if not entry.startswith("#") and "--hash=sha256:" not in entry]
        assert bare == [], lock.name


def test_the_locks_agree_on_versions() -> None:
    chosen: dict[str, set[str]] = {}
    for name in ("runtime", "demo", "dev"):
        for package, version in re.findall(
            r"^([a-z0-9._-]+)==(\S+)", (ROOT / f"requirements/{name}.lock").read_text(), re.MULTILINE
        ):
            chosen.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in chosen.items() if len(versions) > 1} == {}


def _function_lengths() -> Iterator[int]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and not _only_declares(node):
                yield (node.end_lineno or node.lineno) - node.lineno + 1


def _only_declares(function: ast.FunctionDef) -> bool:
    """A method of a Protocol has no body; counting it would flatter the figures."""
    last = function.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant)


def _files_of_the_project() -> Iterator[Path]:
    """What git knows or would add: not what the machine keeps beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return (path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def _contains(path: Path, word: str) -> bool:
    return word.encode() in path.read_bytes()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
