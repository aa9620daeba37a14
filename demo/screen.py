"""How is the tour told in a terminal? For each step: what was asked, what was answered, which event it left."""

from __future__ import annotations

import textwrap
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
        self._begins = True

    def title(self, text: str) -> None:
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", style="dim")
        self._begins = True

    def say(self, text: str) -> None:
        """Prose, wrapped to the terminal; a new paragraph unless it follows a title."""
        if not self._begins:
            self.console.print()
        self._begins = False
        self.console.print(Padding(Text(text), (0, 2)))

    def done(self, text: str) -> None:
        self._line(("  ✓ ", "green"), text)
        self._begins = False

    def asked(self, text: str, *, by: str) -> None:
        self.console.print()
        self._labelled("asked", f"by {by}")
        self.command(text, indent=len(_INDENT))

    def answered(self, text: str) -> None:
        self._labelled("answered", text)

    def refused(self, text: str) -> None:
        self._labelled("refused", text)

    def event(self, text: str) -> None:
        self._labelled("event", text, style="dim")

    def command(self, text: str, *, indent: int = 4) -> None:
        for line in text.splitlines():
            self._line((" " * indent + line, "cyan"))

    def fact(self, name: str, value: str) -> None:
        self._line((f"    {name:<16}", "dim"), (value, "bold"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
        for number, row in enumerate((columns, *rows)):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self._line((_INDENT + line.rstrip(), "dim" if number == 0 else ""))

    def failed(self, what: str, why: str, log: str) -> None:
        self.console.print()
        self._line((f"  ✗ failed: {what}", "bold red"))
        self._line(why)
        if log:
            self._line(("\nThe end of the server's log:", "bold"))
            self._line((log, "dim"))

    def _labelled(self, label: str, text: str, *, style: str = "") -> None:
        lines = [part for line in text.splitlines() for part in self._fitting(line)] or [""]
        self._line((f"  {label:<{_LABEL_WIDTH}}", _STYLES[label]), (lines[0], style))
        for line in lines[1:]:
            self._line((_INDENT + line, style))

    def _fitting(self, line: str) -> list[str]:
        """In pieces between words for a terminal; whole for a file, where it may be searched."""
        width = self.console.width - len(_INDENT)
        if not self.console.is_terminal or len(line) <= width:
            return [line]
        return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)

    def _line(self, *parts: str | tuple[str, str]) -> None:
        self.console.print(Text.assemble(*parts), soft_wrap=True)
