"""Has she accepted the terms that are in force, and if not, does she now? Nothing else is open to her before."""

from __future__ import annotations

from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import TermsAcceptance
from ostiary.domain.recovery.errors import TermsChanged
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.domain.signin.current import SignedIn
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions


class Terms:
    def __init__(self, *, transactions: Transactions[RecoverySlice], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def accept(self, here: SignedIn, version: str) -> None:
        """`version` is the one that she was shown. Raises TermsChanged when another one is in force."""
        if not version or version != here.rules.terms_version:
            raise TermsChanged

        def work(tx: RecoverySlice) -> None:
            now, person = self._clock.now(), here.person
            tx.directory.put_terms_acceptance(TermsAcceptance(person.person_id, version, now))
            details = {"termsVersion": version}
            tx.audit.append(
                event_of(here.caller, EventName.ACCEPT_TERMS, at=now, resources=[person.arn], details=details)
            )

        self._transactions.write(work)
