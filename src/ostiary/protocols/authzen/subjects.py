"""Who is meant by a subject, and who could be one?

Types are `person`, which most clients call `user` (id, user name or ARN), `role` (name or ARN), `iam-user` (name or
ARN), `application` (client id or ARN) and `workload`, which may do nothing by itself: it acts in roles, so the question
is about the role.
Nobody learns whether a subject exists: who is unknown, disabled or expired stands nowhere, and so may do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from ostiary.domain.access.errors import PrincipalOutOfForce, UnknownPrincipal
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.access.standing import Standing, Standings
from ostiary.domain.applications.ports import ApplicationSlice
from ostiary.domain.audit.caller import Caller
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.kit import arn
from ostiary.protocols.authzen.entities import Entity

# A user name could look like an id: what has the form of an id is one, and nothing else.
_PERSON_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PERSON_ARN: Final = re.compile(r"arn:aws:identitystore:::user/")
_BATCH = 200


class SubjectType(StrEnum):
    PERSON = "person"
    ROLE = "role"
    USER = "user"
    IAM_USER = "iam-user"
    APPLICATION = "application"
    WORKLOAD = "workload"


_ARN_BEGINNINGS: Final = {
    SubjectType.PERSON: _PERSON_ARN,
    SubjectType.USER: _PERSON_ARN,
    SubjectType.ROLE: re.compile(r"arn:aws:iam::[0-9]{12}:role/", re.ASCII),
    SubjectType.IAM_USER: re.compile(r"arn:aws:iam::[0-9]{12}:user/", re.ASCII),
    SubjectType.APPLICATION: re.compile(r"arn:aws:sso:::application/"),
}


class SubjectSlice(DirectorySlice, CredentialSlice, ApplicationSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be the answer of a search; `cursor` is where the search continues behind her."""

    cursor: str
    subject: Entity


class Subjects:
    """One view of what is kept, for one application; `asker` gives names their account."""

    def __init__(self, tx: SubjectSlice, index: AccessIndex, standings: Standings, asker: Caller) -> None:
        self._tx, self._index, self._standings, self._asker = tx, index, standings, asker

    def standings(self, subject: Entity) -> tuple[Standing, ...]:
        """Every way in which the subject acts; empty for who is not known or may not act."""
        name = self._principal_name(subject)
        if name is None:
            return ()
        try:
            return self._standings.of(name)
        except (UnknownPrincipal, PrincipalOutOfForce):
            return ()

    def candidates(self, kind: str, *, after: str) -> Iterator[Candidate]:
        """Everybody of the type in a fixed order, behind the cursor `after`."""
        match kind:
            case SubjectType.PERSON | SubjectType.USER:
                return self._people(kind, after)
            case SubjectType.ROLE:
                return _behind(after, kind, self._index.roles)
            case SubjectType.IAM_USER:
                users = self._tx.credentials.iam_users()
                return _behind(after, kind, (arn.iam(user.account, "user", user.name) for user in users))
            case SubjectType.APPLICATION:
                return _behind(after, kind, (one.client_id for one in self._tx.applications.applications()))
            case _:
                return iter(())

    def _principal_name(self, subject: Entity) -> str | None:
        """What `Standings` finds the subject by; None when no such principal can be."""
        if subject.type not in _ARN_BEGINNINGS:
            return None
        kind, given = SubjectType(subject.type), subject.id
        if given.startswith("arn:"):
            # INVARIANT: the type that was asked for is the type that is found.
            return given if _ARN_BEGINNINGS[kind].match(given) else None
        return self._arn_of(kind, given) if _NAME.fullmatch(given) else None

    def _arn_of(self, kind: SubjectType, name: str) -> str | None:
        account = self._asker.account
        match kind:
            case SubjectType.PERSON | SubjectType.USER:
                return f"arn:aws:identitystore:::user/{name}" if _PERSON_ID.fullmatch(name) else name
            case SubjectType.ROLE:
                entry = self._index.role_named(account, name)
                return None if entry is None else entry.role.arn
            case SubjectType.IAM_USER:
                return arn.iam(account, "user", name)
            case SubjectType.APPLICATION:
                return f"arn:aws:sso:::application/{name}"
            case _:
                return None

    def _people(self, kind: str, after: str) -> Iterator[Candidate]:
        name = after
        while batch := self._tx.directory.people(after_user_name=name, limit=_BATCH):
            for person in batch:
                shown = Entity(kind, person.person_id, {"user_name": person.user_name})
                yield Candidate(person.user_name, shown)
            name = batch[-1].user_name


def _behind(after: str, kind: str, ids: Iterable[str]) -> Iterator[Candidate]:
    return (Candidate(one, Entity(kind, one)) for one in sorted(ids) if one > after)
