"""What is a sentence for people that can be said in several languages?

The template is the English sentence and the name under which a catalogue finds the others; values are filled in after
it was translated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self


class Text(str):
    """English text that knows its template: `Text("at least {count} characters", count=15)`.

    It is the English text wherever a `str` is wanted; `translated` gives the other languages.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        made = super().__new__(cls, template.format(**values))
        made.template = template
        made.values = values
        return made

    def translated(self, gettext: Callable[[str], str]) -> str:
        """In the language of `gettext`; a value that is a `Text` itself is translated, too."""
        values = {
            name: value.translated(gettext) if isinstance(value, Text) else value for name, value in self.values.items()
        }
        return gettext(self.template).format(**values)
