"""How is the tour told in a terminal? For each step: what was asked, what was answered, which event it left."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

_LABEL_WIDTH = 10
_INDENT = " " * (_LABEL_WIDTH + 2)
_STYLES = {
    "asked": "bold cyan",
    "answered": "bold green",
    "refused": "bold yellow",
    "event": "bold magenta",
}


class Screen:
    """Lines to copy are never wrapped or cut; colours follow the terminal and NO_COLOR."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def title(self, text: str) -> None:
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", style="dim")

    def say(self, text: str) -> None:
        """Prose, wrapped to the terminal."""
        self.console.print(Padding(Text(text), (0, 2)))

    def done(self, text: str) -> None:
        self._line(Text("  ✓ ", style="green") + Text(text))

    def asked(self, text: str, *, by: str) -> None:
        self.console.print()
        self._labelled("asked", f"by {by}", style="dim")
        self.command(text, indent=len(_INDENT))

    def answered(self, text: str) -> None:
        self._labelled("answered", text)

    def refused(self, text: str) -> None:
        self._labelled("refused", text)

    def event(self, text: str) -> None:
        self._labelled("event", text)

    def command(self, text: str, *, indent: int = 4) -> None:
        for line in text.splitlines():
            self._line(Text(" " * indent + line, style="cyan"))

    def fact(self, name: str, value: str) -> None:
        self._line(Text(f"    {name:<16}", style="dim") + Text(value, style="bold"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
        for number, row in enumerate((columns, *rows)):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self._line(Text(_INDENT + line.rstrip(), style="dim" if number == 0 else ""))

    def failed(self, what: str, why: str, log: str) -> None:
        self.console.print()
        self._line(Text(f"  ✗ failed: {what}", style="bold red"))
        self._line(Text(why))
        if log:
            self._line(Text("\nThe end of the server's log:", style="bold"))
            self._line(Text(log, style="dim"))

    def _labelled(self, label: str, text: str, *, style: str = "") -> None:
        first, *others = text.splitlines() or [""]
        self._line(Text(f"  {label:<{_LABEL_WIDTH}}", style=_STYLES[label]) + Text(first, style=style))
        for line in others:
            self._line(Text(_INDENT + line, style=style))

    def _line(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)
