"""Was a passkey used for us in this browser? The one walk for sign-in, second step, step-up and recovery.

Nobody learns why a passkey was refused: unknown, removed, copied, of somebody who is disabled, they are all one answer
that takes the same time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from ostiary.domain.audit.caller import Caller, Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.challenges import Asked, Challenge
from ostiary.domain.credentials.passkey_errors import PasskeyRefused
from ostiary.domain.credentials.passkeys import CounterWentBack, Passkeys, UsedPasskey, methods_of
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import may_act
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Factor, SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.jose_form import encode_base64url
from ostiary.kit.crypto.webauthn import Response
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

ResultT = TypeVar("ResultT")
_HIDDEN = "(unknown)"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a passkey is asked for; `known` is who must have it, when that was proved already."""

    asked: Asked
    origin: Origin
    event: EventName
    known: Person | None = None


@dataclass(frozen=True, slots=True)
class PasskeyProof:
    """Verified, and not yet worth anything: `PasskeyProofs.take` uses it up inside a transaction."""

    used: UsedPasskey
    person: Person
    guess: Guess


class PasskeyProofs:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        throttle: Throttle,
        passkeys: Passkeys,
        policies: Current[SignInPolicyIndex],
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._throttle = throttle
        self._passkeys = passkeys
        self._policies = policies
        self._last_use = last_use
        self._clock = clock

    def open_request(self, asked: Asked) -> str | None:
        """Options (JSON) for whoever comes, without a name: the same for everybody. None where passkeys cannot be."""
        if not self._passkeys.available:
            return None
        return json.dumps(self._passkeys.request_options(asked, self._clock.now()))

    def request_of(self, person: Person, rules: SignInRules, asked: Asked) -> str | None:
        """Options (JSON) for somebody who is known already; None when she has no passkey, or may not use one."""
        if not self._passkeys.available or Factor.PASSKEY not in rules.factors:
            return None
        with self._transactions.read() as tx:
            hers = tx.credentials.passkeys(person.person_id)
        return json.dumps(self._passkeys.request_options(asked, self._clock.now(), allowed=hers)) if hers else None

    def use(
        self, demand: Demand, answer: str, then: Callable[[SigninSlice, Person, tuple[str, ...]], ResultT]
    ) -> ResultT:
        """Verify the answer, use it up, and do `then` with person and `amr` values in the same transaction.

        Raises PasskeyRefused, which is recorded, Throttled, and what `then` raises.
        """
        proof: PasskeyProof | None = None
        try:
            proof = self.verify(demand, answer)
            done = self._transactions.write(partial(self._take_and, proof, then))
        except PasskeyRefused as refused:
            self.note_refusal(demand, refused, proof.person if proof is not None else None)
            raise
        self.note_use(demand, proof)
        return done

    def verify(self, demand: Demand, answer: str) -> PasskeyProof:
        """Not within a transaction. Raises PasskeyRefused (give it to `note_refusal`), Throttled."""
        caller = person_named(demand.known, demand.origin)
        response, challenge = self._read(demand, caller, answer)
        guess = self._throttle.count(caller, Guessed.PASSKEY, name=encode_base64url(response.credential_id))
        with self._transactions.read() as tx:
            passkey = tx.credentials.passkey_by_credential_id(response.credential_id)
            person = tx.directory.person(passkey.person_id) if passkey is not None else None
        person_id = demand.known.person_id if demand.known is not None else None
        used = self._passkeys.verify_use(response, challenge, passkey, person_id=person_id)
        if person is None:
            raise PasskeyRefused("the credential's person is gone")
        self._check_may_use(person)
        return PasskeyProof(used, person, guess)

    def take(self, tx: SigninSlice, proof: PasskeyProof) -> tuple[Person, tuple[str, ...]]:
        """Use the proof up, once: the person as she is now, and the `amr` values. Raises PasskeyRefused."""
        passkey = self._passkeys.accept(tx.credentials, proof.used)
        person = tx.directory.person(passkey.person_id)
        if person is None:
            raise PasskeyRefused("the credential's person is gone")
        self._check_may_use(person)
        succeeded(tx.credentials, proof.guess, self._clock.now())
        return person, methods_of(passkey)

    def note_use(self, demand: Demand, proof: PasskeyProof) -> None:
        """When it was used last; after the transaction."""
        factor_id, at = proof.used.passkey.factor_id, self._clock.now()
        self._last_use.note(LastUse(Used.FACTOR, factor_id, at, demand.origin.source_ip, demand.event.value))

    def note_refusal(self, demand: Demand, refused: PasskeyRefused, person: Person | None) -> None:
        """The event, durable when it returns; not within a transaction. A copied passkey has a code of its own."""
        subject = demand.known or person
        event = event_of(
            person_named(subject, demand.origin),
            demand.event,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            resources=[subject.arn] if subject is not None else [],
            error_code="PasskeyCopied" if isinstance(refused, CounterWentBack) else "PasskeyRefused",
            error_message=refused.operator_text,
        )
        self._recorder.record(event)

    def _read(self, demand: Demand, caller: Caller, answer: str) -> tuple[Response, Challenge]:
        try:
            return self._passkeys.read(answer, demand.asked, self._clock.now())
        except PasskeyRefused:
            # Answers to nothing are counted, too, by where they come from: a flood of them must not fill the trail.
            self._throttle.count(caller, Guessed.PASSKEY, name=f"unread from {demand.origin.source_ip}")
            raise

    def _take_and(
        self,
        proof: PasskeyProof,
        then: Callable[[SigninSlice, Person, tuple[str, ...]], ResultT],
        tx: SigninSlice,
    ) -> ResultT:
        person, methods = self.take(tx, proof)
        return then(tx, person, methods)

    def _check_may_use(self, person: Person) -> None:
        if not may_act(person):
            raise PasskeyRefused(f"the person is {person.status.value}")
        if Factor.PASSKEY not in self._policies.value.rules_for(person).factors:
            raise PasskeyRefused("her rules do not allow passkeys")


def person_named(person: Person | None, origin: Origin) -> Caller:
    """Nothing is proved: who it would be."""
    return replace(anonymous(origin), name=person.user_name if person is not None else _HIDDEN)
