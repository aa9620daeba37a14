"""Are the catalogues what the sources say? `make texts` brings them up to date, `--check` only says what is not.

Sentences come from the templates (`_`, `ngettext`, `trans`) and from `Text("...")` in the rooms that people may hear
from. A sentence that is gone goes from the catalogues, too; a new one waits there for its translation.
"""

# ruff: noqa: INP001 - a program, not a package

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "ostiary"
CATALOGUES = SOURCES / "protocols" / "texts" / "catalogues"
_METHODS = [
    ("kit/**.py", "python"),
    ("app/**.py", "python"),
    ("domain/**.py", "python"),
    ("protocols/aws/**", "ignore"),
    ("protocols/**/templates/**", "jinja2"),
    ("protocols/**.py", "python"),
]
_OPTIONS = {"protocols/**/templates/**": {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}}
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"Text": None, "_": None, "gettext": None, "ngettext": (1, 2)}
_KEYWORDS["say_many"] = (1, 2)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}|(%%)")
_A_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a date that moves would change the files without a reason


def extract() -> Catalog:
    template = Catalog(project="Ostiary", charset="utf-8", creation_date=_A_DAY, revision_date=_A_DAY)
    found = extract_from_dir(SOURCES, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS)
    for file, _line, message, _comments, context in found:
        # Which file says it helps a translator; the line would change with every edit.
        template.add(message, locations=[(file, 0)], context=context)
    return template


def updated(path: Path, template: Catalog) -> Catalog:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, charset="utf-8")
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = _A_DAY
    return catalogue


def problems(language: str, catalogue: Catalog) -> Iterator[str]:
    """What keeps a catalogue from being complete."""
    for message in _sentences(catalogue):
        forms = [
            str(form or "") for form in (message.string if isinstance(message.string, tuple) else [message.string])
        ]
        if message.fuzzy or not all(forms):
            yield f"{language}: not translated: {message.id!r}"
        elif any(_placeholders(form) != _placeholders(_source(message)) for form in forms):
            yield f"{language}: other placeholders: {message.id!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when something would change")
    check = parser.parse_args().check
    template = extract()
    found = list(_keep(CATALOGUES / "ostiary.pot", _as_text(template), check=check))
    for path in sorted(CATALOGUES.glob("*.po")):
        catalogue = updated(path, template)
        found += _keep(path, _as_text(catalogue), check=check)
        found += _keep_compiled(path.with_suffix(".mo"), catalogue, check=check)
        found += problems(path.stem, catalogue)
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


def _keep(path: Path, text: str, *, check: bool) -> Iterator[str]:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    if check:
        yield f"{path.name} is not up to date: run `make texts`"
    else:
        path.write_text(text, encoding="utf-8")


def _keep_compiled(path: Path, catalogue: Catalog, *, check: bool) -> Iterator[str]:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    if path.exists() and _meaning(path.read_bytes()) == _meaning(compiled.getvalue()):
        return
    if check:
        yield f"{path.name} is not compiled from its .po: run `make texts`"
    else:
        path.write_bytes(compiled.getvalue())


def _meaning(compiled: bytes) -> dict[object, str]:
    """Without the header, which names the version of the tool."""
    sentences = dict(GNUTranslations(BytesIO(compiled))._catalog)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
    sentences.pop("", None)
    return sentences


def _as_text(catalogue: Catalog) -> str:
    made = BytesIO()
    write_po(made, catalogue, width=120, omit_header=False, sort_output=True, include_lineno=False)
    text = made.getvalue().decode("utf-8")
    head, separator, rest = text.partition("\n\n")
    kept = [line for line in head.splitlines() if re.match(r'msg|"(Language:|Plural|MIME|Content)', line)]
    return "\n".join(kept) + separator + rest


def _sentences(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _forms(message: Message) -> list[str]:
    translated = message.string if isinstance(message.string, tuple) else (message.string,)
    return [str(form or "") for form in translated]


def _source(message: Message) -> str:
    return str(message.id[-1] if isinstance(message.id, tuple) else message.id)


def _placeholders(text: str) -> list[str]:
    return sorted({"".join(found) for found in _PLACEHOLDER.findall(text)})


if __name__ == "__main__":
    sys.exit(main())
