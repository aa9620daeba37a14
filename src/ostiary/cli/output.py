"""How does a command answer? Readable for people, one JSON document with `--json`, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console

Step = Callable[[str, int, int], None]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
REFUSED = 2  # exit status for a command that could not be carried out


@cache
def _errors() -> Console:
    from rich.console import Console  # noqa: PLC0415 - slow to load, and most answers need none of it

    return Console(stderr=True, highlight=False)


def write_json(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")


def write_text(text: str) -> None:
    """As it is: no wrapping, no markup, so that it can be copied or piped."""
    sys.stdout.write(text + "\n")


def fail(reason: str, *, as_json: bool = False) -> NoReturn:
    """Say why on standard error and end with status 2."""
    if as_json:
        write_json({"error": reason})
    else:
        _errors().print(f"[bold red]ostiary:[/] {_plain(reason)}", soft_wrap=True)
    raise typer.Exit(REFUSED)


def note(text: str) -> None:
    _errors().print(_plain(text), soft_wrap=True)


def describe_system_failure(failure: OSError) -> str:
    """What the system refused, and where."""
    reason = (failure.strerror or str(failure)).lower()
    return f"`{failure.filename}`: {reason}" if failure.filename else reason


@contextmanager
def progress(*, quiet: bool) -> Iterator[Step]:
    """A step function `(what, done, total)`; draws bars on a terminal, is silent when `quiet` or not a terminal."""
    if quiet or not _errors().is_terminal:
        yield lambda _what, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_errors(), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield step


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A line that shows that the command lives and how long it waits; nothing when there is no terminal."""
    if not _errors().is_terminal:
        yield
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=_errors(), transient=True
    ) as line:
        line.add_task(_plain(text), total=None)
        yield


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
