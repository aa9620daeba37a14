"""How does a person get recovery codes, and how many are left?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.account.changes import Change, Changes
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin.current import SignedIn
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class CodesLeft:
    """`made_at` None: there are none, not even used ones."""

    count: int
    made_at: datetime | None = None


class OwnRecoveryCodes:
    def __init__(self, *, transactions: Transactions[AccountSlice], changes: Changes) -> None:
        self._transactions = transactions
        self._changes = changes

    def left(self, signed_in: SignedIn) -> CodesLeft:
        with self._transactions.read() as tx:
            return codes_of(tx, signed_in.person.person_id)

    def make(self, signed_in: SignedIn) -> tuple[Secret, ...]:
        """Shown once; all earlier ones are void."""

        def work(change: Change) -> tuple[Secret, ...]:
            codes = make_codes(change.tx.credentials, change.person.person_id, change.now)
            change.record({"codes": len(codes)})
            change.tell(MailKind.RECOVERY_CODES_SEEN)
            return codes

        return self._changes.make(signed_in, EventName.MAKE_RECOVERY_CODES, work)


def codes_of(tx: AccountSlice, person_id: str) -> CodesLeft:
    codes = tx.credentials.recovery_codes(person_id)
    made_at = max((code.created_at for code in codes), default=None)
    return CodesLeft(sum(code.used_at is None for code in codes), made_at)
