"""How does a person with nothing but a link become one who can sign in? Link, password, authenticator, session.

Looking at a link does not use it up: mail scanners and browsers look at links. Each step ends the session of the step
before; none of these sessions can do anything but the next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ostiary.domain.audit.caller import Caller, Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.authenticator import Accepted, Authenticators, CodeWrong, Provisioning
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.enrolment_links import check_link, use_link
from ostiary.domain.credentials.errors import EnrolmentLinkInvalid
from ostiary.domain.credentials.model import Password, TotpFactor
from ostiary.domain.credentials.password_policy import describe, normalised, rules_of
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn, person_caller
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer
from ostiary.domain.signin.leaving import end_all_before
from ostiary.domain.signin.signin import BOTH_FACTORS
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

_AUTHENTICATOR = "Authenticator app"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whom a link is for, and the rules for her password."""

    person: Person
    rules: Sequence[str]


class Enrolment:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        throttle: Throttle,
        choice: PasswordChoice,
        authenticators: Authenticators,
        policies: Current[SignInPolicyIndex],
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._throttle = throttle
        self._choice = choice
        self._authenticators = authenticators
        self._policies = policies
        self._last_use = last_use
        self._clock = clock

    def look(self, token: str) -> Welcome:
        """Does not use the link up. Raises EnrolmentLinkInvalid."""
        with self._transactions.read() as tx:
            link = check_link(tx.credentials, token, self._clock.now())
            person = _enrolling(tx, link.person_id)
            return Welcome(person, rules_for(self._policies.value.rules_for(person)))

    def redeem(self, token: str, origin: Origin) -> Opened:
        """Use the link up; a session that can do nothing but enrol. Raises EnrolmentLinkInvalid, which is recorded."""
        try:
            return self._transactions.write(lambda tx: self._redeem(tx, token, origin))
        except EnrolmentLinkInvalid as invalid:
            self._record_failure(anonymous(origin), EventName.REDEEM_ENROLMENT_LINK, invalid.operator_text)
            raise

    def set_password(self, enrolling: SignedIn, new: str, repeated: str, origin: Origin) -> Opened:
        """The next session: to register an authenticator, or FULL when both factors were proved before.

        Raises PasswordUnacceptable, PasswordUncheckable, PasswordsDiffer, NotSignedIn, TooBusy.
        """
        if normalised(new) != normalised(repeated):
            raise PasswordsDiffer("the two passwords differ: type the same one twice")
        with self._transactions.read() as tx:
            earlier = tx.credentials.password(enrolling.person.person_id)
        password = self._choice.choose(
            new,
            person=enrolling.person,
            organization=enrolling.organization,
            rules=rules_of(enrolling.rules.password_profile),
            earlier=earlier,
            now=self._clock.now(),
        )
        return self._transactions.write(lambda tx: self._put_password(tx, enrolling, password, origin))

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
        opened = self._transactions.write(lambda tx: self._confirm(tx, enrolling, accepted, guess, origin))
        use = LastUse(Used.FACTOR, factor.factor_id, self._clock.now(), origin.source_ip, EventName.SIGN_IN.value)
        self._last_use.note(use)
        return opened

    def _redeem(self, tx: SigninSlice, token: str, origin: Origin) -> Opened:
        now = self._clock.now()
        link = use_link(tx.credentials, token, now)
        person = _enrolling(tx, link.person_id)
        rules = self._policies.value.rules_for(person)
        opened = open_session(tx, person, SessionLevel.ENROLMENT, rules=rules, methods=(), origin=origin, now=now)
        caller = person_caller(tx, person, origin, session=opened.session)
        tx.audit.append(event_of(caller, EventName.REDEEM_ENROLMENT_LINK, at=now, resources=[person.arn]))
        return opened

    def _put_password(self, tx: SigninSlice, enrolling: SignedIn, password: Password, origin: Origin) -> Opened:
        person = _still_enrolling(tx, enrolling)
        now = self._clock.now()
        tx.credentials.put_password(password)
        # Whoever had the old password is out, here and at every application (BP01-7).
        ended = end_all_before(tx, person.person_id, now)
        proved = enrolling.session.methods
        both = proved == BOTH_FACTORS
        if not both:
            self._put_pending_factor(tx, person)
        opened = open_session(
            tx,
            person,
            SessionLevel.FULL if both else SessionLevel.ENROLMENT,
            rules=enrolling.rules,
            methods=proved if both else ("pwd",),
            origin=origin,
            now=now,
            authenticated_at=enrolling.session.authenticated_at,
        )
        details = {"endedSessions": ended, "profile": enrolling.rules.password_profile.value}
        caller = person_caller(tx, person, origin, session=opened.session)
        tx.audit.append(event_of(caller, EventName.SET_PASSWORD, at=now, resources=[person.arn], details=details))
        return opened

    def _put_pending_factor(self, tx: SigninSlice, person: Person) -> None:
        for factor in tx.credentials.totp_factors(person.person_id):
            if factor.confirmed_at is None:
                tx.credentials.delete_totp_factor(factor.factor_id)
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
        if person.status is PersonStatus.INVITED:
            tx.directory.set_person_status(person.person_id, PersonStatus.ACTIVE)
        succeeded(tx.credentials, guess, now)
        tx.sessions.delete_browser_session(enrolling.session.session_id)
        rules = enrolling.rules
        opened = open_session(tx, person, SessionLevel.FULL, rules=rules, methods=BOTH_FACTORS, origin=origin, now=now)
        caller = person_caller(tx, person, origin, session=opened.session)
        for name in (EventName.REGISTER_FACTOR, EventName.SIGN_IN):
            tx.audit.append(event_of(caller, name, at=now, resources=[person.arn]))
        return opened

    def _record_failure(self, caller: Caller, name: EventName, reason: str) -> None:
        event = event_of(
            caller, name, at=self._clock.now(), outcome=Outcome.FAILED, error_code="Refused", error_message=reason
        )
        self._recorder.record(event)


def rules_for(rules: SignInRules) -> Sequence[str]:
    return describe(rules_of(rules.password_profile))


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
    if enrolling.session.methods != ("pwd",):
        raise NotSignedIn("no password was set in this enrolment")
    for factor in tx.credentials.totp_factors(enrolling.person.person_id):
        if factor.confirmed_at is None:
            return factor
    raise NotSignedIn("there is no authenticator to confirm")
