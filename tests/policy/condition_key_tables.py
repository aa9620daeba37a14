"""Which tables of condition keys stand in docs/policy.md?

They are written from the registry: `python tests/policy/condition_key_tables.py` puts them in place.
"""

from __future__ import annotations

from pathlib import Path

from ostiary.policy.registry.condition_key import ConditionKey
from ostiary.policy.registry.keys import all_keys

DOCUMENT = Path(__file__).parents[2] / "docs" / "policy.md"
_BEGIN = "<!-- written by tests/policy/condition_key_tables.py -->\n"
_END = "<!-- end -->\n"
_SUPPLIED = "| key | type | values | source | note |\n|---|---|---|---|---|\n"
_ABSENT = """
### Keys that are always absent
AWS has these keys. They may be written, but no request here has them: a condition on one is decided like any
on a missing key.

| why | source | type | keys |
|---|---|---|---|
"""


def tables() -> str:
    return _SUPPLIED + "".join(_row(key) for key in all_keys() if key.supplied) + _ABSENT + "".join(_absent_rows())


def written() -> str:
    """What stands in the document now."""
    return DOCUMENT.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0]


def _row(key: ConditionKey) -> str:
    return f"| `{key.name}` | {key.type} | {'several' if key.multivalued else ''} | {key.source} | {key.note} |\n"


def _absent_rows() -> list[str]:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for key in all_keys():
        if not key.supplied:
            why = key.note.removeprefix("always absent: ")
            name = f"`{key.name}`{' (several)' if key.multivalued else ''}"
            rows.setdefault((why, key.source, key.type), []).append(name)
    return [f"| {why} | {source} | {kind} | {', '.join(names)} |\n" for (why, source, kind), names in rows.items()]


if __name__ == "__main__":
    before, begin, rest = DOCUMENT.read_text(encoding="utf-8").partition(_BEGIN)
    DOCUMENT.write_text(before + begin + tables() + _END + rest.partition(_END)[2], encoding="utf-8")
