from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from organization_house import Apply
from ostiary.app.house import House
from ostiary.app.organization.document import AUTHORITATIVE, SECTIONS, Entry

DOCS = (Path(__file__).parents[2] / "docs/organization.md").read_text()
[WHOLE] = [text for text in re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL) if "[organization]" in text]


def test_the_whole_file_of_the_documentation_is_applied(house: House, apply_text: Apply, tmp_path: Path) -> None:
    (tmp_path / "lighthouse.secret").write_text("of a client that exists in tests only\n")
    apply_text(WHOLE)
    assert apply_text(WHOLE).plan.changes == ()
    assert house.remembered.access.value.findings == ()
    assert house.remembered.issuer_trusts.value.findings == ()


def test_the_whole_file_shows_every_section() -> None:
    assert {name for name in SECTIONS if f"[{name}]" in WHOLE} == set(SECTIONS)


@pytest.mark.parametrize(("name", "kind"), SECTIONS.items(), ids=list(SECTIONS))
def test_every_key_is_documented_in_its_section_and_no_other(name: str, kind: type[Entry]) -> None:
    [section] = re.findall(rf"### `\[+{name}\]+`\n(.*?)\n(?=##)", DOCS, re.DOTALL)
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("|")]
    documented = set(re.findall(r"`(\w+)`", " ".join(rows)))
    needed = set(re.findall(r"\*\*`(\w+)`\*\*", " ".join(rows)))
    fields = msgspec.structs.fields(kind)
    assert documented == {field.name for field in fields}
    assert needed == {field.name for field in fields if field.required}


def test_the_documentation_names_the_kinds_that_the_file_is_the_authority_for() -> None:
    [rule] = re.findall(r"This holds for (.*?) and `iam_user`", DOCS, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", rule)) | {"iam_user"} == AUTHORITATIVE
