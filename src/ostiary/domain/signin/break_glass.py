"""How does somebody get in when nobody else can? By a sealed account, made before it is needed. (BP01-9, SEC01-BP02)

Its password is of the server's making, its authenticator's key is printed beside it, and both lie in envelopes: in one,
or in two for two people, of whom neither gets in alone. No upstream provider and no row of the table of sign-in
policies stands in its way. Each use is an event and a mail to every administrator, and breaks the seal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUseLog, Used
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.authenticator import Authenticators, CodeWrong, Provisioning
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import Password, TotpFactor
from ostiary.domain.credentials.voiding import void_factors
from ostiary.domain.directory.errors import InvalidPerson
from ostiary.domain.directory.model import Person, PersonKind, PersonStatus
from ostiary.domain.directory.people import check_user_name
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.passwords import PasswordMismatch
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

DIRECTORY = "workforce"
_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"  # what cannot be mistaken on paper
_GROUPS, _GROUP = 6, 5  # 147 bits in each envelope
_AUTHENTICATOR = "Sealed authenticator"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one person keeps: `password` is hers to type, `authenticator` is there in the last envelope only."""

    number: int
    password: Secret
    authenticator: Provisioning | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    person: Person
    envelopes: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """The state of one sealed account; `problems` are reasons why it would not open, or why the seal is broken."""

    person: Person
    sealed_at: datetime | None
    used_at: datetime | None
    problems: tuple[str, ...]


class BreakGlass:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        hashing: PasswordHashing,
        authenticators: Authenticators,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._hashing = hashing
        self._authenticators = authenticators
        self._last_use = last_use
        self._clock = clock

    def seal(self, caller: Caller, user_name: str, *, groups: tuple[str, ...], two_people: bool) -> Sealed:
        """A new sealed account, or new envelopes for one that is there: whatever opened it before does not any more.

        Raises InvalidPerson when somebody else has the name, InvalidUserName.
        """
        name = check_user_name(user_name)
        halves = tuple(_new_half() for _ in range(2 if two_people else 1))
        encoded = self._hashing.hash("-".join(halves))
        return self._transactions.write(lambda tx: self._seal(tx, caller, name, groups, halves, encoded))

    def rehearse(self, caller: Caller, user_name: str, *, password: str, code: str) -> Person:
        """Whether the envelopes open the account, without opening it; the code is used up.

        Raises SignInRefused, with the reason in the text for the operator, who is at the machine anyway.
        """
        person = self._load(user_name)
        try:
            self._check(person, password, code)
        except SignInRefused as refused:
            self._record(caller, person, refused)
            raise
        self._record(caller, person, None)
        return person

    def seals(self) -> list[Seal]:
        """Of every sealed account."""
        with self._transactions.read() as tx:
            return [self._state(tx, person) for person in tx.directory.people_of_kind(PersonKind.BREAK_GLASS)]

    def _seal(
        self,
        tx: SigninSlice,
        caller: Caller,
        name: str,
        groups: tuple[str, ...],
        halves: tuple[str, ...],
        encoded: str,
    ) -> Sealed:
        now = self._clock.now()
        known = tx.directory.person_by_user_name(name)
        if known is not None and known.kind is not PersonKind.BREAK_GLASS:
            raise InvalidPerson(f"`{name}` is somebody's account: choose a name that nobody has, such as `break-glass`")
        person = _sealed_person(known, name, groups, now)
        tx.directory.put_person(person)
        void_factors(tx.credentials, person.person_id)
        end_everything_of(tx, person.person_id, now)
        tx.credentials.put_password(Password(person.person_id, encoded, changed_at=now))
        factor = replace(
            self._authenticators.new_factor(person.person_id, name=_AUTHENTICATOR, now=now), confirmed_at=now
        )
        tx.credentials.put_totp_factor(factor)
        details = {"envelopes": len(halves), "again": known is not None}
        tx.audit.append(event_of(caller, EventName.MAKE_BREAK_GLASS, at=now, resources=[person.arn], details=details))
        return Sealed(person, self._envelopes(tx, person, factor, halves))

    def _envelopes(
        self, tx: SigninSlice, person: Person, factor: TotpFactor, halves: tuple[str, ...]
    ) -> tuple[Envelope, ...]:
        organization = tx.directory.organization()
        issuer = organization.name if organization is not None else "Ostiary"
        provisioning = self._authenticators.provisioning(factor, issuer=issuer, user_name=person.user_name)
        return tuple(
            Envelope(number, Secret(half), provisioning if number == len(halves) else None)
            for number, half in enumerate(halves, start=1)
        )

    def _load(self, user_name: str) -> Person:
        with self._transactions.read() as tx:
            person = tx.directory.person_by_user_name(check_user_name(user_name))
        if person is None or person.kind is not PersonKind.BREAK_GLASS:
            raise SignInRefused("there is no sealed account of that name")
        return person

    def _check(self, person: Person, password: str, code: str) -> None:
        with self._transactions.read() as tx:
            kept = tx.credentials.password(person.person_id)
            factors = tx.credentials.totp_factors(person.person_id)
        if person.status is not PersonStatus.ACTIVE:
            raise SignInRefused("the account is disabled")
        try:
            self._hashing.check(password, kept.encoded if kept is not None else None)
            accepted = self._authenticators.check(factors, code, self._clock.now())
        except PasswordMismatch:
            raise SignInRefused("the password is not that of the envelopes") from None
        except CodeWrong as wrong:
            raise SignInRefused(f"the authenticator's code is wrong: {wrong}") from None
        if not self._transactions.write(
            lambda tx: tx.credentials.advance_totp_step(accepted.factor.factor_id, accepted.step)
        ):
            raise SignInRefused("the code was used already")

    def _record(self, caller: Caller, person: Person, refused: SignInRefused | None) -> None:
        event = event_of(
            caller,
            EventName.TEST_BREAK_GLASS,
            at=self._clock.now(),
            outcome=Outcome.SUCCESS if refused is None else Outcome.FAILED,
            resources=[person.arn],
            error_message="" if refused is None else refused.operator_text,
        )
        self._transactions.write(lambda tx: tx.audit.append(event))

    def _state(self, tx: SigninSlice, person: Person) -> Seal:
        password = tx.credentials.password(person.person_id)
        authenticators = [f for f in tx.credentials.totp_factors(person.person_id) if f.confirmed_at is not None]
        uses = [
            self._last_use.pending(Used.PASSWORD, person.person_id),
            tx.last_uses.last_use(Used.PASSWORD, person.person_id),
        ]
        used_at = max((use.at for use in uses if use is not None), default=None)
        sealed_at = password.changed_at if password is not None else None
        problems = []
        if person.status is not PersonStatus.ACTIVE:
            problems.append(f"it is {person.status.value}")
        if password is None or not authenticators:
            problems.append("it has no password and authenticator")
        if _opens_otherwise(tx, person, password, authenticators):
            problems.append("the seal is broken: what opens it is not what was sealed")
        if password is not None and password.compromised_at is not None:
            problems.append("somebody disowned a sign-in: its password opens nothing any more")
        if sealed_at is not None and used_at is not None and used_at > sealed_at:
            problems.append("the seal is broken: it was used since it was sealed")
        if not person.groups:
            problems.append("it is in no group, so it could do nothing")
        return Seal(person, sealed_at, used_at, tuple(problems))


def _opens_otherwise(
    tx: SigninSlice, person: Person, password: Password | None, authenticators: Sequence[TotpFactor]
) -> bool:
    """Whether somebody who was in changed what opens it: sealing makes both at one moment, and nothing else."""
    others = [*tx.credentials.passkeys(person.person_id), *tx.credentials.recovery_codes(person.person_id)]
    return bool(others) or any(password is None or one.confirmed_at != password.changed_at for one in authenticators)


def _new_half() -> str:
    text = ids.random_text(_ALPHABET, _GROUPS * _GROUP)
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _sealed_person(known: Person | None, name: str, groups: tuple[str, ...], now: datetime) -> Person:
    made = known or Person(
        person_id=ids.uuid7(),
        directory=DIRECTORY,
        user_name=name,
        display_name="Break-glass account",
        email="",
        status=PersonStatus.ACTIVE,
        created_at=now,
        kind=PersonKind.BREAK_GLASS,
    )
    return replace(made, status=PersonStatus.ACTIVE, groups=groups or made.groups)
