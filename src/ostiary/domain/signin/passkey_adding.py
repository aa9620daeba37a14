"""How does a person get a passkey? In her enrolment, or later on her account page; she hears of it by mail."""

from __future__ import annotations

import json

from ostiary.domain.audit.caller import Caller, Origin
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.challenges import Asked, ChallengePurpose
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeyUnacceptable
from ostiary.domain.credentials.passkeys import NewPasskey, Passkeys
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import may_act
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.domain.signin.leaving import end_other_enrolments
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.model import Factor, SignInRules
from ostiary.kit.clock import Clock, iso
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions
from ostiary.kit.user_agents import device_of, name_for_device


class PasskeyAdding:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        passkeys: Passkeys,
        outbox: Outbox,
        not_me: NotMeLinks,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._passkeys = passkeys
        self._outbox = outbox
        self._not_me = not_me
        self._last_use = last_use
        self._clock = clock

    def is_possible(self, rules: SignInRules) -> bool:
        return self._passkeys.available and Factor.PASSKEY in rules.factors

    def options(self, person: Person, rules: SignInRules, binding: str) -> str | None:
        """Options (JSON) for the browser; None where a passkey cannot be."""
        if not self.is_possible(rules):
            return None
        with self._transactions.read() as tx:
            hers = tx.credentials.passkeys(person.person_id)
        options = self._passkeys.creation_options(
            person, hers, _asked(binding), self._clock.now(), models=rules.authenticators
        )
        return json.dumps(options)

    def credential_ids(self, person: Person) -> list[bytes]:
        """Of the passkeys that she has now."""
        with self._transactions.read() as tx:
            return [one.credential_id for one in tx.credentials.passkeys(person.person_id)]

    def verify(self, caller: Caller, rules: SignInRules, answer: str, binding: str) -> NewPasskey:
        """Not within a transaction. Raises PasskeyRefused, PasskeyUnacceptable; both are recorded."""
        try:
            return self._verify(rules, answer, binding)
        except (PasskeyRefused, PasskeyUnacceptable) as refused:
            self.note_refusal(caller, refused)
            raise

    def _verify(self, rules: SignInRules, answer: str, binding: str) -> NewPasskey:
        if not self.is_possible(rules):
            raise PasskeyUnacceptable(Text("your organization does not use passkeys"))
        return self._passkeys.verify_new(answer, _asked(binding), self._clock.now(), models=rules.authenticators)

    def add(self, tx: SigninSlice, person: Person, new: NewPasskey, caller: Caller, *, notice: bool) -> Passkey:
        """Inside a transaction, with its event and the notice to her. Raises PasskeyRefused, PasskeyUnacceptable."""
        now = self._clock.now()
        device = str(device_of(caller.origin.user_agent))
        name = name_for_device(caller.origin.user_agent) or "Passkey"
        passkey = self._passkeys.add(tx.credentials, person, new, name=name, now=now)
        details: Details = {
            "factor": "passkey",
            "factorId": passkey.factor_id,
            "aaguid": passkey.aaguid,
            "attestation": passkey.attestation,
            "backupEligible": passkey.backup_eligible,
        }
        event = event_of(caller, EventName.REGISTER_FACTOR, at=now, resources=[person.arn], details=details)
        tx.audit.append(event)
        if notice:
            self._send_notice(tx, person, passkey, caller.origin, device)
        return passkey

    def add_to_account(self, signed_in: SignedIn, answer: str, binding: str) -> Passkey:
        """For a session that was strengthened lately. Raises PasskeyRefused, PasskeyUnacceptable, NotSignedIn."""
        new = self.verify(signed_in.caller, signed_in.rules, answer, binding)
        try:
            passkey = self._transactions.write(lambda tx: self._add_to_account(tx, signed_in, new))
        except (PasskeyRefused, PasskeyUnacceptable) as refused:
            self.note_refusal(signed_in.caller, refused)
            raise
        self.note_use(passkey, signed_in.caller.origin)
        return passkey

    def note_use(self, passkey: Passkey, origin: Origin) -> None:
        """Making it was using it; after the transaction."""
        operation = EventName.REGISTER_FACTOR.value
        self._last_use.note(LastUse(Used.FACTOR, passkey.factor_id, self._clock.now(), origin.source_ip, operation))

    def note_refusal(self, caller: Caller, refused: PasskeyRefused | PasskeyUnacceptable) -> None:
        event = event_of(
            caller,
            EventName.REGISTER_FACTOR,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            error_code=type(refused).__name__,
            error_message=refused.operator_text,
        )
        self._recorder.record(event)

    def _add_to_account(self, tx: SigninSlice, signed_in: SignedIn, new: NewPasskey) -> Passkey:
        person = tx.directory.person(signed_in.person.person_id)
        session = tx.sessions.browser_session(signed_in.session.session_id)
        if person is None or not may_act(person) or session is None:
            raise NotSignedIn("the session ended at this moment")
        end_other_enrolments(tx, session)
        return self.add(tx, person, new, signed_in.caller, notice=True)

    def _send_notice(self, tx: SigninSlice, person: Person, passkey: Passkey, origin: Origin, device: str) -> None:
        now = passkey.created_at  # whoever disowns the notice voids what was added from its moment on
        values = {
            "at": iso(now),
            "device": device,
            "place": origin.source_ip,
            "not_me": self._not_me.link_for(tx, person, now, EventName.REGISTER_FACTOR.value),
            "factor": "passkey",
            "factor_name": passkey.name,
        }
        self._outbox.send(tx, MailKind.FACTOR_ADDED, recipient=recipient_of(person), values=values, now=now)


def _asked(binding: str) -> Asked:
    return Asked(ChallengePurpose.REGISTER, binding)
