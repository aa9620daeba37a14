"""Where does a proof become a session? Here, whatever was proved and through which door; nowhere else.

Password, authenticator, passkey, recovery code and mailed code all end in `Arrivals.arrive`, so the rules of the
person, the risk, and what is said about her coming hold for every way in (BP01-17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.audit.caller import Assurance, Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.recovery_codes import codes_left
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.directory.people import may_act
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.risk.model import Assessment
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.domain.signin.current import claimed_caller, person_caller
from ostiary.domain.signin.deciding import (
    Facts,
    Held,
    Option,
    Verdict,
    check_factors_allowed,
    decide,
    methods_of,
)
from ostiary.domain.signin.errors import CodeRefused, Refusal, SignInRefused
from ostiary.domain.signin.guarded import GuardedAccounts, is_guarded
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Prompt, SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.networks import is_within


@dataclass(frozen=True, slots=True)
class _Coming:
    """Who comes from where, when, under which rules, and how that looks."""

    person: Person
    origin: Origin
    now: datetime
    rules: SignInRules
    assessment: Assessment
    trusted: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    verdict: Verdict
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is typed: `prove` checks it and uses it up, and raises CodeRefused."""

    option: Option
    method: str
    prove: Callable[[SigninSlice, datetime], None]


class Arrivals:
    def __init__(
        self,
        *,
        policies: Current[SignInPolicyIndex],
        risk: RiskAssessor,
        guarded: GuardedAccounts,
        recorder: EventRecorder,
        clock: Clock,
    ) -> None:
        self._policies = policies
        self._risk = risk
        self._guarded = guarded
        self._recorder = recorder
        self._clock = clock

    def arrive(
        self,
        tx: SigninSlice,
        person: Person,
        *,
        proved: Sequence[str],
        half: BrowserSession | None,
        origin: Origin,
        now: datetime,
    ) -> Opened:
        """A session for what was proved: FULL, or FIRST_FACTOR when more is needed, or ENROLMENT.

        `proved` are the `amr` values of this step; what can be used once must be used up before, in this transaction.
        `half` is the session that she had until now, which ends. Raises SignInRefused: give it to `note_refusal` after
        the transaction.
        """
        methods = (*_carried(tx, person, half), *proved)
        self.check_admitted(person, methods, origin)
        coming = self._coming(tx, person, origin, now)
        return self._open(tx, coming, self._facts(tx, coming, methods), half)

    def go_on(self, tx: SigninSlice, person: Person, half: BrowserSession, step: Step, origin: Origin) -> Opened:
        """The next step of `half`, if her rules offer it: it is proved, and arrives.

        Raises CodeRefused, and SignInRefused as `arrive`.
        """
        now = self._clock.now()
        methods = (*_carried(tx, person, half), step.method)
        self.check_admitted(person, methods, origin)
        coming = self._coming(tx, person, origin, now)
        before = self._facts(tx, coming, half.methods)
        if step.option not in _decide(before, coming.assessment).options:
            raise CodeRefused(f"her rules do not offer {step.option.value} here")
        step.prove(tx, now)
        after = replace(before, methods=methods_of(methods, before.held, coming.rules))
        return self._open(tx, coming, after, half)

    def next_step(
        self, tx: SigninSlice, person: Person, session: BrowserSession, origin: Origin, now: datetime
    ) -> Verdict:
        """What comes of the session as it is: with which options it goes on. Raises SignInRefused."""
        coming = self._coming(tx, person, origin, now)
        return _decide(self._facts(tx, coming, session.methods), coming.assessment)

    def weigh(self, tx: SigninSlice, person: Person, proved: Sequence[str], origin: Origin, now: datetime) -> Weighed:
        """What `proved` alone is worth under her rules; no trusted browser stands in for anything.

        Raises SignInRefused.
        """
        coming = replace(self._coming(tx, person, origin, now), trusted=False)
        facts = self._facts(tx, coming, proved)
        return Weighed(_decide(facts, coming.assessment), facts.methods)

    def check_admitted(self, person: Person, proved: Sequence[str], origin: Origin) -> None:
        """Whether such a proof may come from there at all; asked of memory alone. Raises SignInRefused."""
        rules = self._policies.value.rules_for(person)
        if self._risk.is_denied(rules, origin):
            raise SignInRefused("nobody may come in from this network", refusal=Refusal.NETWORK)
        _check_place(rules, origin)
        check_factors_allowed(rules, proved)

    def note_refusal(self, person: Person | None, origin: Origin, refused: SignInRefused, name: EventName) -> None:
        """The event of what was refused, durable when it returns; not within a transaction."""
        event = event_of(
            claimed_caller(person, origin),
            name,
            at=self._clock.now(),
            outcome=Outcome.FAILED if refused.refusal is Refusal.PROOF else Outcome.DENIED,
            resources=[person.arn] if person is not None else [],
            error_code=refused.refusal.value,
            error_message=refused.operator_text,
        )
        self._recorder.record(event)
        if refused.assessment is not None and person is not None:
            self._risk.note_block(person, origin, refused.assessment)

    def _coming(self, tx: SigninSlice, person: Person, origin: Origin, now: datetime) -> _Coming:
        rules = self._policies.value.rules_for(person)
        assessment = self._risk.assess(tx, person, rules, origin, now)
        trusted = rules.prompt is Prompt.CONTEXT and self._risk.is_trusted_context(tx, person, rules, origin, now)
        return _Coming(person, origin, now, rules, assessment, trusted)

    def _facts(self, tx: SigninSlice, coming: _Coming, proved: Sequence[str]) -> Facts:
        held = held_by(tx, coming.person)
        return Facts(
            rules=coming.rules,
            methods=methods_of(proved, held, coming.rules),
            held=held,
            now=coming.now,
            guarded=is_guarded(coming.person),
            familiar=coming.trusted,
            answer=coming.assessment.answer,
        )

    def _open(self, tx: SigninSlice, coming: _Coming, facts: Facts, half: BrowserSession | None) -> Opened:
        verdict = _decide(facts, coming.assessment)
        if half is not None:
            tx.sessions.delete_browser_session(half.session_id)
        opened = open_session(
            tx,
            coming.person,
            verdict.level,
            rules=coming.rules,
            methods=facts.methods,
            origin=coming.origin,
            now=coming.now,
            place=coming.assessment.place,
        )
        self._note(tx, coming, opened, verdict, facts)
        return opened

    def _note(self, tx: SigninSlice, coming: _Coming, opened: Opened, verdict: Verdict, facts: Facts) -> None:
        person, origin, now, assessment = coming.person, coming.origin, coming.now, coming.assessment
        full = verdict.level is SessionLevel.FULL
        # Where she had no second factor none was proved: once she has one, that browser asks for it.
        proved_all = full and Assurance(facts.methods).multi_factor
        self._risk.note_arrival(tx, person, origin, now, full=full, assessment=assessment, proved_all=proved_all)
        if verdict.level is SessionLevel.FIRST_FACTOR:
            return
        caller = person_caller(tx, person, origin, session=opened.session)
        details = {"level": verdict.level.value, "needed": verdict.needed.value, "risk": assessment.score}
        tx.audit.append(event_of(caller, EventName.SIGN_IN, at=now, resources=[person.arn], details=details))
        self._guarded.note_use(tx, person, caller, now)


def held_by(tx: SigninSlice, person: Person) -> Held:
    return Held(
        password=tx.credentials.password(person.person_id),
        passkeys=len(tx.credentials.passkeys(person.person_id)),
        totp=sum(factor.confirmed_at is not None for factor in tx.credentials.totp_factors(person.person_id)),
        recovery_codes=codes_left(tx.credentials, person.person_id),
        address=bool(person.email),
    )


def _decide(facts: Facts, assessment: Assessment) -> Verdict:
    try:
        return decide(facts)
    except SignInRefused as refused:
        if refused.refusal is Refusal.RISK:
            refused.assessment = assessment
        raise


def _check_place(rules: SignInRules, origin: Origin) -> None:
    """Raises SignInRefused. Every list of networks must have the address: one policy does not widen another's."""
    if not all(is_within(origin.source_ip, networks) for networks in rules.networks):
        raise SignInRefused("the address is not in the networks of her rules", refusal=Refusal.NETWORK)
    missing = rules.posture.difference(origin.posture)
    if missing:
        raise SignInRefused(f"nobody trusted said of the device: {', '.join(sorted(missing))}", refusal=Refusal.POSTURE)


def _carried(tx: SigninSlice, person: Person, half: BrowserSession | None) -> tuple[str, ...]:
    """What she proved in the steps before. Raises SignInRefused when they are gone: each session leads on once."""
    if half is None:
        if not may_act(person):
            raise SignInRefused(f"the person is {person.status.value}")
        return ()
    if person.status is PersonStatus.DISABLED or half.person_id != person.person_id:
        raise SignInRefused("the session is another person's, or she may not act")
    if half.level is SessionLevel.FULL or tx.sessions.browser_session(half.session_id) is None:
        raise SignInRefused("the step before ended at this moment")
    return half.methods
