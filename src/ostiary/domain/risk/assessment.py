"""What is unusual about this sign-in, what do the person's rules answer, and what is remembered and said of it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.caller import Caller, CallerKind, Origin, anonymous
from ostiary.domain.audit.event import Details, Event, event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.tallies import raise_tally, seconds_left, tally
from ostiary.domain.credentials.throttle import Throttle, subject_of
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.mail.ports import MailSlice
from ostiary.domain.risk.model import Assessment, Signal
from ostiary.domain.risk.networks import neighbourhood_of
from ostiary.domain.risk.places import NoPlaces, Place, Places
from ostiary.domain.risk.ports import RiskSlice
from ostiary.domain.risk.remembering import forget_arrivals, remember_arrival
from ostiary.domain.risk.signals import MANY_PROMPTS, OF_STRANGERS, Circumstances, level_of, score_of, signals_of
from ostiary.domain.risk.watching import QUIET, Attack, attack_event, spraying_subject, warn
from ostiary.domain.signin_policy.model import RiskAnswer, RiskLevel, SignInRules
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.networks import is_within
from ostiary.kit.transactions import Transactions
from ostiary.kit.user_agents import device_of

MOST_PROMPTS = 2 * MANY_PROMPTS
_PROMPT_WINDOW = timedelta(minutes=15)
_NOTICES_A_DAY = 5
_DAY = timedelta(days=1)
_NEWS = frozenset({Signal.NEW_DEVICE, Signal.NEW_NETWORK, Signal.NEW_COUNTRY, Signal.IMPOSSIBLE_TRAVEL})
_NOTHING = Assessment(0, RiskLevel.LOW, (), RiskAnswer.ALLOW, RiskAnswer.ALLOW)


class AssessingSlice(CredentialSlice, DirectorySlice, RiskSlice, MailSlice, AuditSlice, Protocol): ...


class RiskAssessor:
    def __init__(
        self,
        *,
        transactions: Transactions[AssessingSlice],
        keys: Current[ServerKeys],
        throttle: Throttle,
        outbox: Outbox,
        not_me: NotMeLinks,
        clock: Clock,
        places: Places | None = None,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._throttle = throttle
        self._outbox = outbox
        self._not_me = not_me
        self._clock = clock
        self._places = places or NoPlaces()

    def is_denied(self, rules: SignInRules, origin: Origin) -> bool:
        """Whether nobody may sign in from there; asked before anything is checked."""
        return is_within(origin.source_ip, rules.risk.deny_networks)

    def assess(
        self, tx: AssessingSlice, person: Person, rules: SignInRules, origin: Origin, now: datetime
    ) -> Assessment:
        """Reads only. ORDER: before `throttle.succeeded`, which takes back the guess that was right."""
        place = self._places.find(origin.source_ip)
        if not self.is_denied(rules, origin) and is_within(origin.source_ip, rules.risk.allow_networks):
            return replace(_NOTHING, place=str(place or ""))
        seen = self._circumstances(tx, person, rules, origin, place, now)
        signals = signals_of(seen)
        score = score_of(signals)
        level = level_of(score)
        if Signal.DENIED_NETWORK in signals:
            return Assessment(score, level, signals, RiskAnswer.BLOCK, RiskAnswer.BLOCK, str(place or ""))
        intended = _answer_to(rules, signals, at_home=seen.device in seen.devices)
        answer = RiskAnswer.ALLOW if rules.risk.observe_only else intended
        return Assessment(score, level, signals, answer, intended, str(place or ""))

    def is_trusted_context(
        self, tx: AssessingSlice, person: Person, rules: SignInRules, origin: Origin, now: datetime
    ) -> bool:
        """Whether she proved all factors on this browser lately, and came from this network before (BP01-2)."""
        device = tx.risk.known_device(person.person_id, origin.device) if origin.device else None
        if device is None or device.trusted_at is None or now - device.trusted_at >= rules.trust_device:
            return False
        here = neighbourhood_of(origin.source_ip)
        return any(here == known.network for known in tx.risk.known_networks(person.person_id))

    def note_arrival(
        self,
        tx: AssessingSlice,
        person: Person,
        origin: Origin,
        now: datetime,
        *,
        full: bool,
        assessment: Assessment,
        proved_all: bool = True,
    ) -> None:
        """Say and remember what came of it, in the transaction that opens the session.

        `full`: she is in, so browser, network and place are known from now on. `proved_all`: all factors were proved
        now, not some of them spared because of a trusted browser.
        """
        if assessment.signals:
            caller = _caller_of(tx, person, origin)
            tx.audit.append(_event(caller, person, assessment, now, completed=full))
        if not full:
            self._count_prompt(tx, person, origin, now)
            return
        if not _NEWS.isdisjoint(assessment.signals):
            self._tell(tx, MailKind.NEW_SIGN_IN, person, origin, assessment, now)
        place = self._places.find(origin.source_ip)
        remember_arrival(tx, self._throttle, person, origin, place, now, trusted=proved_all)
        tx.credentials.clear_guess_count(self._subject("prompts", person))

    def note_block(self, person: Person, origin: Origin, assessment: Assessment) -> None:
        """Record that she was kept out, and tell her; durable when it returns. Not within a transaction."""
        self._transactions.write(lambda tx: self._note_block(tx, person, origin, assessment))

    def note_prompt(self, tx: AssessingSlice, person: Person, origin: Origin, now: datetime) -> None:
        """Before she is bothered once more: a code by mail, a question to approve. Raises Throttled when somebody
        bothers her too often; then nothing is to be sent.
        """
        subject = self._subject("prompts", person)
        if tally(tx.credentials, subject, _PROMPT_WINDOW, now) >= MOST_PROMPTS:
            raise Throttled(seconds_left(tx.credentials, subject, _PROMPT_WINDOW, now))
        self._count_prompt(tx, person, origin, now)

    def pretend_prompt(self, tx: AssessingSlice, name: str, now: datetime) -> None:
        """What `note_prompt` costs, for a name that nobody has."""
        subject = subject_of(self._keys.value.password_pepper, "prompts", name)
        tally(tx.credentials, subject, _PROMPT_WINDOW, now)
        raise_tally(tx.credentials, subject, _PROMPT_WINDOW, now)

    def forget(self, tx: AssessingSlice, person: Person) -> None:
        """Every browser and network is a stranger's from now on: somebody else may have been in."""
        forget_arrivals(tx, self._throttle, person)

    def _circumstances(
        self,
        tx: AssessingSlice,
        person: Person,
        rules: SignInRules,
        origin: Origin,
        place: Place | None,
        now: datetime,
    ) -> Circumstances:
        rows, prompts = tx.credentials, self._subject("prompts", person)
        alarm = spraying_subject(self._keys.value, origin.source_ip)
        rows.load_guess_counts([prompts, alarm, self._throttle.lately_subject(person.user_name)])
        return Circumstances(
            device=origin.device,
            network=neighbourhood_of(origin.source_ip),
            now=now,
            devices={known.device for known in tx.risk.known_devices(person.person_id)},
            networks={known.network for known in tx.risk.known_networks(person.person_id)},
            last=tx.risk.sign_in_place(person.person_id),
            place=place,
            dormant_after=rules.dormant,
            failures=self._throttle.failures_lately(rows, name=person.user_name, now=now),
            prompts=tally(rows, prompts, _PROMPT_WINDOW, now),
            attacking=tally(rows, alarm, QUIET, now) > 0,
            denied=self.is_denied(rules, origin),
        )

    def _count_prompt(self, tx: AssessingSlice, person: Person, origin: Origin, now: datetime) -> None:
        prompts = raise_tally(tx.credentials, self._subject("prompts", person), _PROMPT_WINDOW, now)
        if prompts == MANY_PROMPTS:
            details = {"prompts": prompts, "minutes": int(_PROMPT_WINDOW.total_seconds() // 60)}
            caller = _unproved(person, origin)
            tx.audit.append(attack_event(caller, Attack.PROMPT_BOMBING, person, details, now))
            warn(tx, self._outbox, person, origin, now)

    def _note_block(self, tx: AssessingSlice, person: Person, origin: Origin, assessment: Assessment) -> None:
        now = self._clock.now()
        caller = _unproved(person, origin)
        tx.audit.append(_event(caller, person, assessment, now, completed=False, outcome=Outcome.DENIED))
        self._tell(tx, MailKind.SIGN_IN_BLOCKED, person, origin, assessment, now)

    def _tell(
        self,
        tx: AssessingSlice,
        kind: MailKind,
        person: Person,
        origin: Origin,
        assessment: Assessment,
        now: datetime,
    ) -> None:
        """A few a day: somebody who gets a notice at every turn stops reading them."""
        if raise_tally(tx.credentials, self._subject(f"notices-{kind.value}", person), _DAY, now) > _NOTICES_A_DAY:
            return
        where = f"{origin.source_ip} ({assessment.place})" if assessment.place else origin.source_ip
        values = {
            "at": iso(now),
            "device": str(device_of(origin.user_agent)),
            "place": where,
            "not_me": self._not_me.link_for(tx, person, now, EventName.SIGN_IN.value),
        }
        self._outbox.send(tx, kind, recipient=recipient_of(person), values=values, now=now)

    def _subject(self, scope: str, person: Person) -> str:
        return subject_of(self._keys.value.password_pepper, scope, person.person_id)


def _answer_to(rules: SignInRules, signals: Sequence[Signal], *, at_home: bool) -> RiskAnswer:
    """`at_home`: in a browser that is known for her, a stranger's doings can make her prove more, not keep her out."""
    answer = rules.risk.answer(level_of(score_of(signals)))
    if answer is not RiskAnswer.BLOCK or not at_home:
        return answer
    her_own = [signal for signal in signals if signal not in OF_STRANGERS]
    blocked = rules.risk.answer(level_of(score_of(her_own))) is RiskAnswer.BLOCK
    return RiskAnswer.BLOCK if blocked else RiskAnswer.MFA


def _event(
    caller: Caller,
    person: Person,
    assessment: Assessment,
    now: datetime,
    *,
    completed: bool,
    outcome: Outcome = Outcome.SUCCESS,
) -> Event:
    details: Details = {
        "score": assessment.score,
        "level": assessment.level.value,
        "signals": [signal.value for signal in assessment.signals],
        "answer": assessment.answer.value,
        "intended": assessment.intended.value,
        "completed": completed,
    }
    return event_of(caller, EventName.ASSESS_RISK, at=now, outcome=outcome, resources=[person.arn], details=details)


def _unproved(person: Person, origin: Origin) -> Caller:
    return replace(anonymous(origin), name=person.user_name)


def _caller_of(tx: DirectorySlice, person: Person, origin: Origin) -> Caller:
    organization = tx.directory.organization()
    return Caller(
        arn=person.arn,
        account=organization.account if organization is not None else "",
        kind=CallerKind.PERSON,
        name=person.user_name,
        user_id=person.person_id,
        origin=origin,
    )
