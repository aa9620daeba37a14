"""What may somebody do who followed a recovery link? Prove a second factor, then choose what she signs in with.

Reading her mail is one factor; where she signs in with two, the link alone opens nothing (BP01-19). A session of level
RECOVERY never becomes a full one: it ends in a new password, with which she signs in as always, or in enrolment.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.audit.caller import Origin, anonymous
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.authenticator import Accepted, Authenticators, CodeWrong
from ostiary.domain.credentials.challenges import Asked, ChallengePurpose
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.errors import LinkInvalid
from ostiary.domain.credentials.model import LinkPurpose, Password, TotpFactor
from ostiary.domain.credentials.one_time_links import NotMeLinks, check_one_time_link, use_one_time_link
from ostiary.domain.credentials.password_policy import PasswordRules, normalised, rules_of
from ostiary.domain.credentials.recovery_codes import RecoveryCodeWrong, codes_left, use_code
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.credentials.voiding import void_factors
from ostiary.domain.directory.model import Person
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.recovery.asking import may_recover_by_mail
from ostiary.domain.recovery.deciding import Held, NextStep, next_step
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn, person_caller
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer
from ostiary.domain.signin.leaving import end_all_before
from ostiary.domain.signin.passkey_proof import Demand, PasskeyProofs
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import SignInRules
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

_TOTP, _RECOVERY_CODE = "otp", "rc"


class SelfServiceRecovery:
    """`here` is always a session of level RECOVERY; each step ends it and gives the next one."""

    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        throttle: Throttle,
        authenticators: Authenticators,
        passkeys: PasskeyProofs,
        choice: PasswordChoice,
        policies: Current[SignInPolicyIndex],
        outbox: Outbox,
        not_me: NotMeLinks,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._throttle = throttle
        self._authenticators = authenticators
        self._passkeys = passkeys
        self._choice = choice
        self._policies = policies
        self._outbox = outbox
        self._not_me = not_me
        self._clock = clock

    def look(self, token: str) -> Person:
        """Whose link it is, without using it up. Raises LinkInvalid."""
        with self._transactions.read() as tx:
            link = check_one_time_link(tx.credentials, LinkPurpose.RECOVERY, token, self._clock.now())
            return _recovering_person(tx, link.person_id)

    def redeem(self, token: str, origin: Origin) -> Opened:
        """Use the link up; a session for nothing but recovery. Raises LinkInvalid, which is recorded."""
        try:
            return self._transactions.write(lambda tx: self._redeem(tx, token, origin))
        except LinkInvalid as invalid:
            event = event_of(
                anonymous(origin),
                EventName.REDEEM_RECOVERY_LINK,
                at=self._clock.now(),
                outcome=Outcome.FAILED,
                error_code="LinkInvalid",
                error_message=invalid.operator_text,
            )
            self._recorder.record(event)
            raise

    def next_step(self, here: SignedIn) -> NextStep:
        with self._transactions.read() as tx:
            return _step(tx, here)

    def passkey_options(self, here: SignedIn) -> str | None:
        """JSON for the browser; None when a passkey is no way on."""
        if not self.next_step(here).by_passkey:
            return None
        return self._passkeys.request_of(here.person, here.rules, asked_of(here))

    def prove_code(self, here: SignedIn, code: str, origin: Origin) -> Opened:
        """By the authenticator app. Raises CodeRefused, NotSignedIn, Throttled."""
        guess = self._throttle.count(here.caller, Guessed.CODE, name=here.person.user_name)
        with self._transactions.read() as tx:
            factors = _factors(tx, here) if _step(tx, here).by_code else []
        try:
            accepted = self._authenticators.check(factors, code, self._clock.now())
            return self._transactions.write(lambda tx: self._take_code(tx, here, accepted, guess, origin))
        except (CodeWrong, CodeRefused) as wrong:
            raise self._refused(here, str(wrong)) from None

    def prove_recovery_code(self, here: SignedIn, code: str, origin: Origin) -> Opened:
        """A session of level ENROLMENT: whoever needs such a code here has lost the rest.

        Raises CodeRefused, NotSignedIn, Throttled.
        """
        guess = self._throttle.count(here.caller, Guessed.RECOVERY_CODE, name=here.person.user_name)
        try:
            return self._transactions.write(lambda tx: self._take_recovery_code(tx, here, code, guess, origin))
        except RecoveryCodeWrong as wrong:
            raise self._refused(here, str(wrong)) from None

    def prove_passkey(self, here: SignedIn, answer: str, origin: Origin) -> Opened:
        """Raises PasskeyRefused, NotSignedIn, Throttled."""

        def then(tx: SigninSlice, _: Person, methods: tuple[str, ...]) -> Opened:
            person = self._still_there(tx, here)
            _check(_step(tx, here).by_passkey)
            return self._proved(tx, here, person, methods, origin)

        demand = Demand(asked_of(here), origin, EventName.PROVE_FOR_RECOVERY, known=here.person)
        return self._passkeys.use(demand, answer, then)

    def password_rules(self, here: SignedIn) -> PasswordRules:
        return _password_rules(here.rules)

    def set_password(self, here: SignedIn, new: str, repeated: str, origin: Origin) -> None:
        """All that was open for her ends, this session too: she signs in with it.

        Raises PasswordUnacceptable, PasswordUncheckable, PasswordsDiffer, NotSignedIn, TooBusy.
        """
        if normalised(new) != normalised(repeated):
            raise PasswordsDiffer(Text("the two passwords differ: type the same one twice"))
        with self._transactions.read() as tx:
            _check(_step(tx, here).password)
            earlier = tx.credentials.password(here.person.person_id)
        password = self._choice.choose(
            new,
            person=here.person,
            organization=here.organization,
            rules=_password_rules(here.rules),
            earlier=earlier,
            now=self._clock.now(),
        )
        self._transactions.write(lambda tx: self._put_password(tx, here, password, origin))

    def enrol(self, here: SignedIn, origin: Origin) -> Opened:
        """Instead of a password: a session of level ENROLMENT. Raises NotSignedIn."""

        def work(tx: SigninSlice) -> Opened:
            person = self._still_there(tx, here)
            _check(_step(tx, here).enrol)
            return self._begin_enrolment(tx, person, here.session.methods, origin)

        return self._transactions.write(work)

    def _redeem(self, tx: SigninSlice, token: str, origin: Origin) -> Opened:
        now = self._clock.now()
        link = use_one_time_link(tx.credentials, LinkPurpose.RECOVERY, token, now)
        person = _recovering_person(tx, link.person_id)
        _end_recoveries(tx, person)
        opened = self._open(tx, person, (), origin)
        caller = person_caller(tx, person, origin, session=opened.session)
        tx.audit.append(event_of(caller, EventName.REDEEM_RECOVERY_LINK, at=now, resources=[person.arn]))
        self._notify(tx, person, MailKind.RECOVERY_STARTED, EventName.REDEEM_RECOVERY_LINK)
        return opened

    def _take_code(self, tx: SigninSlice, here: SignedIn, accepted: Accepted, guess: Guess, origin: Origin) -> Opened:
        person = self._still_there(tx, here)
        # ORDER: the code is used up before anything is made from it.
        if not tx.credentials.advance_totp_step(accepted.factor.factor_id, accepted.step):
            raise CodeRefused("the code was used already")
        succeeded(tx.credentials, guess, self._clock.now())
        return self._proved(tx, here, person, (_TOTP,), origin)

    def _take_recovery_code(self, tx: SigninSlice, here: SignedIn, code: str, guess: Guess, origin: Origin) -> Opened:
        person, now = self._still_there(tx, here), self._clock.now()
        _check(_step(tx, here).by_recovery_code)
        left = use_code(tx.credentials, person.person_id, code, now)
        succeeded(tx.credentials, guess, now)
        tx.audit.append(
            event_of(here.caller, EventName.USE_RECOVERY_CODE, at=now, resources=[person.arn], details={"left": left})
        )
        return self._begin_enrolment(tx, person, (_RECOVERY_CODE,), origin)

    def _put_password(self, tx: SigninSlice, here: SignedIn, password: Password, origin: Origin) -> None:
        person = self._still_there(tx, here)
        _check(_step(tx, here).password)
        tx.credentials.put_password(password)
        self._end(tx, person, origin, here.session.methods, {"by": "password"})
        now = self._clock.now()
        tx.audit.append(event_of(here.caller, EventName.SET_PASSWORD, at=now, resources=[person.arn]))

    def _begin_enrolment(self, tx: SigninSlice, person: Person, methods: Sequence[str], origin: Origin) -> Opened:
        # Who lost a factor must fear that somebody has it.
        voided = void_factors(tx.credentials, person.person_id, but_recovery_codes=True)
        self._end(tx, person, origin, methods, {"by": "enrolment", "voidedFactors": voided})
        return open_session(
            tx,
            person,
            SessionLevel.ENROLMENT,
            rules=self._policies.value.rules_for(person),
            methods=(),
            origin=origin,
            now=self._clock.now(),
        )

    def _end(self, tx: SigninSlice, person: Person, origin: Origin, methods: Sequence[str], details: Details) -> None:
        """Whatever was open for whoever had her password or device is over, and so are other ways back in."""
        now = self._clock.now()
        ended = end_all_before(tx, person.person_id, now)
        tx.credentials.delete_one_time_links(person.person_id, LinkPurpose.RECOVERY)
        tx.credentials.delete_enrolment_links(person.person_id)
        details = {**details, "endedSessions": ended, "proved": list(methods)}
        caller = person_caller(tx, person, origin)
        tx.audit.append(event_of(caller, EventName.FINISH_RECOVERY, at=now, resources=[person.arn], details=details))
        self._notify(tx, person, MailKind.RECOVERY_DONE, EventName.FINISH_RECOVERY)

    def _proved(
        self, tx: SigninSlice, here: SignedIn, person: Person, methods: Sequence[str], origin: Origin
    ) -> Opened:
        now = self._clock.now()
        tx.sessions.delete_browser_session(here.session.session_id)
        opened = self._open(tx, person, methods, origin)
        caller = person_caller(tx, person, origin, session=opened.session)
        tx.audit.append(event_of(caller, EventName.PROVE_FOR_RECOVERY, at=now, resources=[person.arn]))
        return opened

    def _open(self, tx: SigninSlice, person: Person, methods: Sequence[str], origin: Origin) -> Opened:
        rules = self._policies.value.rules_for(person)
        level = SessionLevel.RECOVERY
        return open_session(tx, person, level, rules=rules, methods=methods, origin=origin, now=self._clock.now())

    def _still_there(self, tx: SigninSlice, here: SignedIn) -> Person:
        """The person as she is inside this transaction. Raises NotSignedIn: each session leads on once."""
        person = tx.directory.person(here.person.person_id)
        session = tx.sessions.browser_session(here.session.session_id)
        if person is None or not may_recover_by_mail(person) or session is None:
            raise NotSignedIn("the recovery ended at this moment")
        return person

    def _notify(self, tx: SigninSlice, person: Person, kind: MailKind, event: EventName) -> None:
        now = self._clock.now()
        values = {"at": iso(now), "not_me": self._not_me.link_for(tx, person, now, event.value)}
        self._outbox.send(tx, kind, recipient=recipient_of(person), values=values, now=now)

    def _refused(self, here: SignedIn, reason: str) -> CodeRefused:
        self._record_failure(here, reason)
        return CodeRefused(reason)

    def _record_failure(self, here: SignedIn, reason: str) -> None:
        event = event_of(
            here.caller,
            EventName.PROVE_FOR_RECOVERY,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            resources=[here.person.arn],
            error_code="Refused",
            error_message=reason,
        )
        self._recorder.record(event)


def asked_of(here: SignedIn) -> Asked:
    return Asked(ChallengePurpose.RECOVERY, here.session.session_id)


def _step(tx: SigninSlice, here: SignedIn) -> NextStep:
    person_id = here.person.person_id
    held = Held(
        totp=bool(_factors(tx, here)),
        passkeys=bool(tx.credentials.passkeys(person_id)),
        recovery_codes=codes_left(tx.credentials, person_id) > 0,
    )
    return next_step(here.rules, held, here.session.methods)


def _factors(tx: SigninSlice, here: SignedIn) -> list[TotpFactor]:
    return [f for f in tx.credentials.totp_factors(here.person.person_id) if f.confirmed_at is not None]


def _check(allowed: bool) -> None:  # noqa: FBT001 - a question that was just asked
    if not allowed:
        raise NotSignedIn("this step of recovery is not open: a proof is missing")


def _password_rules(rules: SignInRules) -> PasswordRules:
    return rules_of(rules.password_profile, alone=rules.password_suffices)


def _recovering_person(tx: SigninSlice, person_id: str) -> Person:
    person = tx.directory.person(person_id) if person_id else None
    if person is None or not may_recover_by_mail(person):
        raise LinkInvalid("the link is nobody's, or her account cannot be recovered by mail")
    return person


def _end_recoveries(tx: SigninSlice, person: Person) -> None:
    """Of two links that were followed the later one goes on."""
    for session in tx.sessions.browser_sessions(person.person_id):
        if session.level is SessionLevel.RECOVERY:
            tx.sessions.delete_browser_session(session.session_id)
