"""How does a person with nothing but a link, or with less than her rules ask for, become one who can sign in?

A passkey is all that she needs; where the rules allow it, a password and an authenticator app are the other way.
Looking at a link does not use it up: mail scanners and browsers look at links. Each step ends the session of the step
before; none of these sessions can do anything but the next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ostiary.domain.audit.caller import AssuranceLevel, Caller, Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.authenticator import Accepted, Authenticators, CodeWrong, Provisioning
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.enrolment_links import check_link, use_link
from ostiary.domain.credentials.errors import EnrolmentLinkInvalid
from ostiary.domain.credentials.model import Passkey, Password, TotpFactor
from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeyUnacceptable
from ostiary.domain.credentials.passkeys import NewPasskey, methods_of
from ostiary.domain.credentials.password_policy import PasswordRules, describe, normalised, rules_of
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.credentials.voiding import void_factors
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import SignedIn, person_caller
from ostiary.domain.signin.deciding import BOTH, PASSWORD, TOTP
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer, SignInRefused
from ostiary.domain.signin.leaving import end_all_before, end_all_but, end_other_enrolments
from ostiary.domain.signin.passkey_adding import PasskeyAdding
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Factor, SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

_AUTHENTICATOR = "Authenticator app"


class Way(StrEnum):
    """How somebody may go on with her enrolment, best first."""

    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105 - a way, not a password; where her rules ask for two factors, the app follows
    AUTHENTICATOR = "authenticator"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whom a link is for, the ways open to her, and the rules for her password."""

    person: Person
    ways: tuple[Way, ...]
    rules: Sequence[str]
    password_suffices: bool = False


class Enrolment:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        throttle: Throttle,
        choice: PasswordChoice,
        authenticators: Authenticators,
        passkey_adding: PasskeyAdding,
        arrivals: Arrivals,
        policies: Current[SignInPolicyIndex],
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._throttle = throttle
        self._choice = choice
        self._authenticators = authenticators
        self._passkey_adding = passkey_adding
        self._arrivals = arrivals
        self._policies = policies
        self._last_use = last_use
        self._clock = clock

    def look(self, token: str) -> Welcome:
        """Does not use the link up. Raises EnrolmentLinkInvalid."""
        with self._transactions.read() as tx:
            link = check_link(tx.credentials, token, self._clock.now())
            person = _enrolling(tx, link.person_id)
            rules = self._policies.value.rules_for(person)
            return Welcome(person, self._ways(rules, ()), rules_for(rules), rules.password_suffices)

    def ways(self, enrolling: SignedIn) -> tuple[Way, ...]:
        """What is missing, best first; empty when her rules leave no way, which is for an administrator to mend."""
        with self._transactions.read() as tx:
            if _must_choose_password(tx, enrolling, self._clock.now()):
                return (Way.PASSWORD,)
        return self._ways(enrolling.rules, enrolling.session.methods)

    def _ways(self, rules: SignInRules, methods: Sequence[str]) -> tuple[Way, ...]:
        ways = [Way.PASSKEY] if self._passkey_adding.is_possible(rules) else []
        needs_passkey = rules.required is AssuranceLevel.PHISHING_RESISTANT
        if needs_passkey or Factor.PASSWORD not in rules.factors or BOTH in methods:
            return tuple(ways)
        if PASSWORD not in methods:
            return (*ways, Way.PASSWORD) if rules.password_suffices or Factor.TOTP in rules.factors else tuple(ways)
        return (*ways, Way.AUTHENTICATOR) if Factor.TOTP in rules.factors else tuple(ways)

    def link_passkey_options(self, token: str, binding: str) -> str | None:
        """Options for the page of a link, which is not used up by this. Raises EnrolmentLinkInvalid."""
        person = self.look(token).person
        return self._passkey_adding.options(person, self._policies.value.rules_for(person), binding)

    def passkey_options(self, enrolling: SignedIn, binding: str) -> str | None:
        return self._passkey_adding.options(enrolling.person, enrolling.rules, binding)

    def add_passkey(self, enrolling: SignedIn, answer: str, binding: str, origin: Origin) -> Opened:
        """The person is active, and signed in by it. Raises PasskeyRefused, PasskeyUnacceptable, SignInRefused."""
        new = self._passkey_adding.verify(enrolling.caller, enrolling.rules, answer, binding)
        try:
            passkey, opened = self._transactions.write(lambda tx: self._add_passkey(tx, enrolling, new, origin))
        except (PasskeyRefused, PasskeyUnacceptable) as refused:
            self._passkey_adding.note_refusal(enrolling.caller, refused)
            raise
        except SignInRefused as refused:
            self._arrivals.note_refusal(enrolling.person, origin, refused, EventName.REGISTER_FACTOR)
            raise
        self._passkey_adding.note_use(passkey, origin)
        return opened

    def redeem(self, token: str, origin: Origin) -> Opened:
        """Use the link up; a session that can do nothing but enrol. Raises EnrolmentLinkInvalid, which is recorded."""
        try:
            return self._transactions.write(lambda tx: self._redeem(tx, token, origin))
        except EnrolmentLinkInvalid as invalid:
            self._record_failure(anonymous(origin), EventName.REDEEM_ENROLMENT_LINK, invalid.operator_text)
            raise

    def set_password(self, enrolling: SignedIn, new: str, repeated: str, origin: Origin) -> Opened:
        """The next session: to register an authenticator, or FULL when no other factor is missing.

        Raises PasswordUnacceptable, PasswordUncheckable, PasswordsDiffer, NotSignedIn, SignInRefused, TooBusy.
        """
        if Way.PASSWORD not in self.ways(enrolling):
            raise NotSignedIn("her rules leave no way by password here")
        if normalised(new) != normalised(repeated):
            raise PasswordsDiffer(Text("the two passwords differ: type the same one twice"))
        with self._transactions.read() as tx:
            earlier = tx.credentials.password(enrolling.person.person_id)
        password = self._choice.choose(
            new,
            person=enrolling.person,
            organization=enrolling.organization,
            rules=_password_rules(enrolling.rules),
            earlier=earlier,
            now=self._clock.now(),
        )
        try:
            return self._transactions.write(lambda tx: self._put_password(tx, enrolling, password, origin))
        except SignInRefused as refused:
            self._arrivals.note_refusal(enrolling.person, origin, refused, EventName.SET_PASSWORD)
            raise

    def begin_authenticator(self, enrolling: SignedIn) -> None:
        """A new secret for her app, in place of one that was never confirmed. Raises NotSignedIn."""
        if Way.AUTHENTICATOR not in self.ways(enrolling):
            raise NotSignedIn("her rules leave no way by authenticator app here")
        self._transactions.write(lambda tx: self._put_pending_factor(tx, _still_enrolling(tx, enrolling)))

    def provisioning(self, enrolling: SignedIn) -> Provisioning:
        """What the authenticator app needs. Raises NotSignedIn before a password was set in this enrolment."""
        with self._transactions.read() as tx:
            factor = _pending_factor(tx, enrolling)
        return self._authenticators.provisioning(
            factor, issuer=enrolling.organization, user_name=enrolling.person.user_name
        )

    def confirm(self, enrolling: SignedIn, code: str, origin: Origin) -> Opened:
        """The authenticator works: the person is active and signed in. Raises CodeRefused, NotSignedIn, Throttled."""
        guess = self._throttle.count(enrolling.caller, Guessed.CODE, name=enrolling.person.user_name)
        with self._transactions.read() as tx:
            factor = _pending_factor(tx, enrolling)
        try:
            accepted = self._authenticators.check([factor], code, self._clock.now())
        except CodeWrong as wrong:
            self._record_failure(enrolling.caller, EventName.REGISTER_FACTOR, str(wrong))
            raise CodeRefused(str(wrong)) from None
        try:
            opened = self._transactions.write(lambda tx: self._confirm(tx, enrolling, accepted, guess, origin))
        except SignInRefused as refused:
            self._arrivals.note_refusal(enrolling.person, origin, refused, EventName.REGISTER_FACTOR)
            raise
        use = LastUse(Used.FACTOR, factor.factor_id, self._clock.now(), origin.source_ip, EventName.SIGN_IN.value)
        self._last_use.note(use)
        return opened

    def _redeem(self, tx: SigninSlice, token: str, origin: Origin) -> Opened:
        now = self._clock.now()
        link = use_link(tx.credentials, token, now)
        person = _enrolling(tx, link.person_id)
        voided = 0
        if person.status is PersonStatus.ACTIVE:
            # She begins anew, because she lost what she had: whoever has it now must not have her door.
            voided = void_factors(tx.credentials, person.person_id)
            end_all_before(tx, person.person_id, now)
        rules = self._policies.value.rules_for(person)
        opened = open_session(tx, person, SessionLevel.ENROLMENT, rules=rules, methods=(), origin=origin, now=now)
        caller = person_caller(tx, person, origin, session=opened.session)
        details = {"voidedFactors": voided}
        event = event_of(caller, EventName.REDEEM_ENROLMENT_LINK, at=now, resources=[person.arn], details=details)
        tx.audit.append(event)
        return opened

    def _add_passkey(
        self, tx: SigninSlice, enrolling: SignedIn, new: NewPasskey, origin: Origin
    ) -> tuple[Passkey, Opened]:
        person = _still_enrolling(tx, enrolling)
        known = person.status is PersonStatus.ACTIVE
        active = _activated(tx, person)
        passkey = self._passkey_adding.add(tx, active, new, enrolling.caller, notice=known)
        _forget_unconfirmed(tx, person)
        return passkey, self._arrive(tx, active, enrolling.session, methods_of(passkey), origin)

    def _arrive(
        self, tx: SigninSlice, person: Person, half: BrowserSession, proved: Sequence[str], origin: Origin
    ) -> Opened:
        end_other_enrolments(tx, half)
        return self._arrivals.arrive(tx, person, proved=proved, half=half, origin=origin, now=self._clock.now())

    def _put_password(self, tx: SigninSlice, enrolling: SignedIn, password: Password, origin: Origin) -> Opened:
        person = _still_enrolling(tx, enrolling)
        now = self._clock.now()
        tx.credentials.put_password(password)
        ended = len(tx.sessions.browser_sessions(person.person_id)) - 1
        # Whoever had the old password is out, here and at every application (BP01-7).
        renewed = end_all_but(tx, enrolling.session, now).session
        details = {"endedSessions": ended, "profile": enrolling.rules.password_profile.value}
        event = event_of(enrolling.caller, EventName.SET_PASSWORD, at=now, resources=[person.arn], details=details)
        tx.audit.append(event)
        if PASSWORD in renewed.methods:
            return self._arrive(tx, person, renewed, (), origin)
        if enrolling.rules.password_suffices:
            return self._arrive(tx, _activated(tx, person), renewed, (PASSWORD,), origin)
        self._put_pending_factor(tx, person)
        tx.sessions.delete_browser_session(renewed.session_id)
        methods = tuple(dict.fromkeys((*renewed.methods, PASSWORD)))
        level, rules = SessionLevel.ENROLMENT, enrolling.rules
        return open_session(tx, person, level, rules=rules, methods=methods, origin=origin, now=now)

    def _put_pending_factor(self, tx: SigninSlice, person: Person) -> None:
        _forget_unconfirmed(tx, person)
        tx.credentials.put_totp_factor(
            self._authenticators.new_factor(person.person_id, name=_AUTHENTICATOR, now=self._clock.now())
        )

    def _confirm(
        self, tx: SigninSlice, enrolling: SignedIn, accepted: Accepted, guess: Guess, origin: Origin
    ) -> Opened:
        person = _still_enrolling(tx, enrolling)
        if accepted.factor != _pending_factor(tx, enrolling):
            raise NotSignedIn("the authenticator was confirmed or replaced at this moment")
        now = self._clock.now()
        for factor in tx.credentials.totp_factors(person.person_id):
            tx.credentials.delete_totp_factor(factor.factor_id)
        tx.credentials.put_totp_factor(replace(accepted.factor, confirmed_at=now, last_step=accepted.step))
        details = {"factor": "totp", "factorId": accepted.factor.factor_id}
        event = event_of(enrolling.caller, EventName.REGISTER_FACTOR, at=now, resources=[person.arn], details=details)
        tx.audit.append(event)
        opened = self._arrive(tx, _activated(tx, person), enrolling.session, (TOTP,), origin)
        succeeded(tx.credentials, guess, now)
        return opened

    def _record_failure(self, caller: Caller, name: EventName, reason: str) -> None:
        event = event_of(
            caller, name, at=self._clock.now(), outcome=Outcome.FAILED, error_code="Refused", error_message=reason
        )
        self._recorder.record(event)


def rules_for(rules: SignInRules) -> Sequence[str]:
    return describe(_password_rules(rules))


def _password_rules(rules: SignInRules) -> PasswordRules:
    return rules_of(rules.password_profile, alone=rules.password_suffices)


def _must_choose_password(tx: SigninSlice, enrolling: SignedIn, now: datetime) -> bool:
    """Whether the password that she came with may not stay: others may know it, or it is too old."""
    kept = tx.credentials.password(enrolling.person.person_id)
    if kept is None or PASSWORD not in enrolling.session.methods:
        return False
    max_age = _password_rules(enrolling.rules).max_age
    return kept.compromised_at is not None or (max_age is not None and now - kept.changed_at >= max_age)


def _activated(tx: SigninSlice, person: Person) -> Person:
    if person.status is not PersonStatus.INVITED:
        return person
    tx.directory.set_person_status(person.person_id, PersonStatus.ACTIVE)
    return replace(person, status=PersonStatus.ACTIVE)


def _forget_unconfirmed(tx: SigninSlice, person: Person) -> None:
    for factor in tx.credentials.totp_factors(person.person_id):
        if factor.confirmed_at is None:
            tx.credentials.delete_totp_factor(factor.factor_id)


def _enrolling(tx: SigninSlice, person_id: str) -> Person:
    person = tx.directory.person(person_id)
    if person is None or person.status is PersonStatus.DISABLED:
        raise EnrolmentLinkInvalid(
            "this link was used, has expired or is incomplete: ask your administrator for a new one",
            operator_text="the link's person is disabled or gone",
        )
    return person


def _still_enrolling(tx: SigninSlice, enrolling: SignedIn) -> Person:
    """The person as she is inside this transaction. Raises NotSignedIn when the session or she herself is out."""
    person = tx.directory.person(enrolling.person.person_id)
    session = tx.sessions.browser_session(enrolling.session.session_id)
    if person is None or person.status is PersonStatus.DISABLED or session is None:
        raise NotSignedIn("the enrolment ended at this moment")
    return person


def _pending_factor(tx: SigninSlice, enrolling: SignedIn) -> TotpFactor:
    if PASSWORD not in enrolling.session.methods or BOTH in enrolling.session.methods:
        raise NotSignedIn("no password was set in this enrolment")
    for factor in tx.credentials.totp_factors(enrolling.person.person_id):
        if factor.confirmed_at is None:
            return factor
    raise NotSignedIn("there is no authenticator to confirm")
