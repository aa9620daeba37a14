"""Can two names look alike, and does an attribute reach policies only in the form of its type?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.domain.directory.attributes import access_tags, check_attributes
from ostiary.domain.directory.errors import InvalidAttribute, InvalidPerson, InvalidUserName
from ostiary.domain.directory.model import AttributeDefinition, AttributeType, Person, PersonStatus
from ostiary.domain.directory.people import check_display_name, check_email, check_user_name, find_user_name

_SCHEMA = [
    AttributeDefinition("department", AttributeType.STRING, "hr", access=True),
    AttributeDefinition("level", AttributeType.INTEGER, "hr", access=True),
    AttributeDefinition("contractor", AttributeType.BOOLEAN, "hr"),
]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada", "ada"),
        ("Ada.Okonkwo", "ada.okonkwo"),
        ("ada@example.com", "ada@example.com"),
        ("\uff21\uff24\uff21", "ada"),
        ("7of9", "7of9"),
    ],
)
def test_a_name_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert check_user_name(typed) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".ada",
        "a da",
        "\u0430da",
        "ada\0",
        "ada\u202e",
        "ada\n",
        "a" * 129,
        "ada/../root",
        "a*",
        "${aws:userid}",
        "ada:x",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_name(name: str) -> None:
    with pytest.raises(InvalidUserName):
        check_user_name(name)


@given(st.text(max_size=300))
def test_finding_a_name_never_fails_and_its_form_is_final(typed: str) -> None:
    name = find_user_name(typed)
    assert name is None or find_user_name(name) == name


@pytest.mark.parametrize("name", ["", "  ", "Ada\u202eokonkwO", "Ada\x00", "A" * 129, "Ada\u2028Okonkwo"])
def test_a_display_name_has_only_visible_characters(name: str) -> None:
    with pytest.raises(InvalidPerson):
        check_display_name(name)


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "@example.com", "ada@b@c", "ada <a@b.c>", "a@b\r\nBcc: c@d", "a@b,c@d"]
)
def test_an_address_that_mail_could_read_otherwise_is_refused(email: str) -> None:
    with pytest.raises(InvalidPerson):
        check_email(email)


@pytest.mark.parametrize(
    "attributes",
    [
        {"unknown": "x"},
        {"level": "1.5"},
        {"level": "01"},
        {"level": "\u0663"},
        {"contractor": "yes"},
        {"department": "a\nb"},
    ],
)
def test_an_attribute_is_in_the_schema_and_has_the_form_of_its_type(attributes: dict[str, str]) -> None:
    with pytest.raises(InvalidAttribute):
        check_attributes(attributes, _SCHEMA)


def test_only_attributes_that_carry_access_and_have_their_form_become_tags() -> None:
    attributes = {"department": "platform", "level": "high", "contractor": "true", "gone": "x"}
    person = Person(
        "p1", "workforce", "ada", "Ada", "", PersonStatus.ACTIVE, datetime(2026, 1, 1, tzinfo=UTC), attributes
    )
    assert access_tags(person, _SCHEMA) == {"department": "platform"}
