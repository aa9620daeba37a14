"""Which passwords does each profile take? SP 800-63B-4 section 3.1.1.2; the AWS rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from ostiary.domain.credentials.common_passwords import CommonPasswords
from ostiary.domain.credentials.password_policy import PasswordRules, context_words, describe, normalised, rules_of
from ostiary.domain.credentials.password_policy import problems_of as problems_with_common
from ostiary.domain.directory.model import PasswordProfile

_NIST = rules_of(PasswordProfile.NIST)
_AWS = rules_of(PasswordProfile.AWS)
_COMMON = CommonPasswords()


def problems_of(password: str, rules: PasswordRules, context: Iterable[str]) -> Sequence[str]:
    return problems_with_common(password, rules, context, _COMMON)


@pytest.mark.parametrize(
    "password",
    ["violet canyon drum", "q7#Kd0!w", "ÄÖÜ und das ß am Ende", "四つの言葉で十分です", "x" * 3 + "y7" * 40 + "!z"],
)
def test_nist_takes_eight_characters_of_any_kind_beside_a_second_factor(password: str) -> None:
    assert problems_of(password, _NIST, ()) == []


def test_length_counts_code_points_and_not_bytes() -> None:
    assert problems_of("\u043a\u043b\u044e\u0447-\u043e\u0442!", _NIST, ()) == []
    assert problems_of("\u043a\u043b\u044e\u0447-\u043e!", _NIST, ()) == ["It is shorter than 8 characters"]


@pytest.mark.parametrize("length", [257, 1000, 60_000])
def test_a_password_longer_than_256_characters_is_refused(length: int) -> None:
    assert problems_of("q7" * (length // 2) + "z" * (length % 2), _NIST, ()) == ["It is longer than 256 characters"]


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PASSWORD",
        "password1",
        "Password123!",
        "p@ssw0rd",
        "letmein1",
        "iloveyou2026",
        "washington",
        "12345678",
        "p@ssword1",
        "W3lcome1",
        "w3lc0me!",
        "h4cker12",
        "Adm1n123",
        "2026!P@ssw0rd!",
        "p a s s w o r d 1",
        "password\u0663",
        "qwertyuiop[]",
        "passwordpassword",
    ],
)
def test_common_passwords_with_the_usual_disguises_are_refused(password: str) -> None:
    assert problems_of(password, _NIST, ())


@pytest.mark.parametrize(
    "password", ["aaaaaaaaaaaa", "abababababab", "abcdefghijklm", "zyxwvutsrq", "abc1abc1abc1", "jklmnopqr"]
)
def test_patterns_are_refused(password: str) -> None:
    assert problems_of(password, _NIST, ())


def test_the_name_of_the_service_is_refused() -> None:
    assert problems_of("my ostiary key", _NIST, context_words())


def test_words_around_the_person_are_refused_in_any_case_and_width() -> None:
    context = context_words("ada.okonkwo", "ada@example.com", "Ada Okonkwo", "Example Corporation")
    for password in (
        "I am OKONKWO really",
        "\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45 of strength",
        "ada.okonkwo and more",
        "corporation xy zz",
    ):
        assert problems_of(password, _NIST, context), password
    assert problems_of("a canada goose in flight", _NIST, context) == []


@pytest.mark.parametrize("password", ["tab\tinside it", "bell\x07 in the middle", "half \ud83d of a pair"])
def test_what_cannot_be_typed_everywhere_is_refused(password: str) -> None:
    assert problems_of(password, _NIST, ())


def test_the_same_characters_from_another_keyboard_are_the_same_password() -> None:
    assert normalised("Zu\u0308rich\u00a0bei Nacht") == normalised("Z\u00fcrich bei Nacht")


@pytest.mark.parametrize(
    "missing", ["blue-kettle-4-mornings", "BLUE-KETTLE-4-MORNINGS", "Blue-Kettle-mornings", "BlueKettle4mornings"]
)
def test_aws_wants_four_classes(missing: str) -> None:
    assert problems_of(missing, _AWS, ()) == ["It lacks an upper-case letter, a lower-case letter, a digit or a symbol"]
    assert problems_of("Blue-Kettle-4-mornings", _AWS, ()) == []


def test_aws_wants_fourteen_characters() -> None:
    assert problems_of("Bl-Ket-4-morn", _AWS, ()) == ["It is shorter than 14 characters"]


def test_the_page_shows_every_rule_that_is_in_force() -> None:
    assert any("8" in sentence for sentence in describe(_NIST))
    assert [sentence for sentence in describe(_AWS) if "24" in sentence or "90" in sentence or "14" in sentence]
    assert len(describe(_AWS)) == 5


def test_a_password_that_may_stand_alone_has_fifteen_characters() -> None:
    alone = rules_of(PasswordProfile.NIST, alone=True)
    assert problems_of("violet canyon", alone, ()) == ["It is shorter than 15 characters"]
    assert problems_of("violet canyon 7", alone, ()) == []
    assert rules_of(PasswordProfile.AWS, alone=True).min_length == 15


def test_every_sentence_can_be_said_in_another_language() -> None:
    problem = problems_with_common("abc", _NIST, (), _COMMON)[0]
    assert problem.translated({"It is shorter than {count} characters": "Kürzer als {count} Zeichen"}.__getitem__) == (
        "Kürzer als 8 Zeichen"
    )
