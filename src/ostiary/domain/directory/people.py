"""Which names may people have, and how is a person found by what somebody typed?

A user name is kept in one form only: Unicode NFKC, case folded, and then nothing but `a-z 0-9 . _ @ + -`. So no two
names look alike, and no look-alike of a name exists (Unicode Technical Report 36).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from ostiary.domain.directory.errors import InvalidOrganizationName, InvalidPerson, InvalidUserName
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.directory.ports import DirectorySlice

_USER_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,127}")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,189}")
_MAX_TYPED = 512
_MAX_DISPLAY_NAME = 128


def find_user_name(typed: str) -> str | None:
    """The form in which such a name would be kept; None when nobody can have it."""
    if len(typed) > _MAX_TYPED:
        return None
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).casefold()).strip(" ")
    return folded if _USER_NAME.fullmatch(folded) else None


def check_user_name(given: str) -> str:
    """The form in which the name is kept. Raises InvalidUserName."""
    name = find_user_name(given)
    if name is None:
        raise InvalidUserName(
            f"`{given[:100]}` cannot be a user name: use up to 128 of a-z, 0-9, and . _ @ + - after a letter or digit"
        )
    return name


def check_display_name(given: str) -> str:
    """Raises InvalidPerson for control and direction characters, which make one name look like another."""
    name = _visible(given)
    if name is None:
        raise InvalidPerson(f"`{given[:100]}` cannot be a display name: use 1 to 128 visible characters")
    return name


def check_organization_name(given: str) -> str:
    """Raises InvalidOrganizationName; it stands on every page and in every authenticator app."""
    name = _visible(given)
    if name is None:
        raise InvalidOrganizationName(
            f"`{given[:100]}` cannot be the organization's name: use 1 to 128 visible characters"
        )
    return name


def _visible(given: str) -> str | None:
    name = unicodedata.normalize("NFC", given).strip()
    if not name or len(name) > _MAX_DISPLAY_NAME or any(unicodedata.category(c) in _INVISIBLE for c in name):
        return None
    return name


def check_email(given: str) -> str:
    """Raises InvalidPerson; empty is fine: not everybody has one."""
    email = given.strip()
    if email and (not _EMAIL.fullmatch(email) or not email.isprintable()):
        raise InvalidPerson(f"`{given[:100]}` is not an email address")
    return email


def has_moved(before: str, after: str) -> bool:
    """Whether mails to her went somewhere else before; letter case makes no other mailbox."""
    return bool(before) and before.casefold() != after.casefold()


def remember_language(tx: DirectorySlice, person: Person, language: str) -> Person:
    """Mails speak the language in which she was on our pages last; the person as she is now in this transaction."""
    current = tx.directory.person(person.person_id)
    if current is None or current.language == language:
        return current or person
    spoken = replace(current, language=language)
    tx.directory.put_person(spoken)
    return spoken


def may_act(person: Person | None) -> bool:
    """Whether the person may do anything at all after enrolment; asked anew at every request."""
    return person is not None and person.status is PersonStatus.ACTIVE


_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
