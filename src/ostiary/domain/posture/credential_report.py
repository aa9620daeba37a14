"""Which credentials are there, how old are they, and when were they used? The credential report.

A report is asked for first and fetched then, as in AWS. Any worker may be asked for either: that a report was asked for
is read from the trail, and its content is made when it is fetched, from the rows of that moment.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.event import decode
from ostiary.domain.audit.last_use import LastUse, LastUseLog, LastUseSlice, Used
from ostiary.domain.audit.ports import AuditSlice, EventQuery
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.directory.model import PasswordProfile
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.posture.credential_rows import (
    COLUMNS,
    PersonFacts,
    Row,
    person_row,
    root_row,
    user_row,
    workload_row,
)
from ostiary.domain.posture.errors import ReportExpired, ReportNotPresent
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions

LIFE = timedelta(hours=4)
_PEOPLE = 1000
_REQUESTS = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReportSlice(DirectorySlice, CredentialSlice, LastUseSlice, AuditSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class CredentialReport:
    content: bytes
    generated_at: datetime


class CredentialReports:
    """That the caller may ask is decided before, by action."""

    def __init__(self, *, transactions: Transactions[ReportSlice], last_use: LastUseLog, clock: Clock) -> None:
        self._transactions = transactions
        self._last_use = last_use
        self._clock = clock

    def is_present(self, account: str) -> bool:
        """Whether a report that was asked for before is still good; the event of asking makes the next answer yes."""
        with self._transactions.read() as tx:
            return self._asked_at(tx, account, since=self._clock.now() - LIFE)

    def report(self, account: str) -> CredentialReport:
        """Raises ReportNotPresent, ReportExpired."""
        now = self._clock.now()
        with self._transactions.read() as tx:
            if not self._asked_at(tx, account, since=now - LIFE):
                if self._asked_at(tx, account, since=None):
                    raise ReportExpired("The most recent credential report has expired: generate a new one.")
                raise ReportNotPresent("No credential report is present: generate one first.")
            rows = list(self._rows(tx, account, now))
        return CredentialReport(_csv(rows), now)

    @staticmethod
    def _asked_at(tx: ReportSlice, account: str, *, since: datetime | None) -> bool:
        query = EventQuery(
            name=EventName.GENERATE_CREDENTIAL_REPORT.value, accounts=(account,), since=since, limit=_REQUESTS
        )
        return any(decode(row.body).outcome is Outcome.SUCCESS for row in tx.audit.find(query))

    def _rows(self, tx: ReportSlice, account: str, now: datetime) -> Iterator[Row]:
        organization = tx.directory.organization()
        if organization is None:
            return
        yield root_row(organization, account)
        # People belong to the organization: they are seen from its first account, like their events.
        if account == organization.account:
            yield from map(person_row, self._people(tx))
        yield from self._users(tx, account, now)
        yield from (workload_row(w, now) for w in tx.directory.workloads() if w.account == account)

    def _people(self, tx: ReportSlice) -> Iterator[PersonFacts]:
        profiles = {directory.name: directory.password_profile for directory in tx.directory.directories()}
        passwords = {password.person_id: password for password in tx.credentials.passwords()}
        with_factor = {f.person_id for f in tx.credentials.all_totp_factors() if f.confirmed_at is not None}
        uses = tx.last_uses.last_uses(Used.PASSWORD)
        after = ""
        while people := tx.directory.people(after_user_name=after, limit=_PEOPLE):
            for person in people:
                use = self._later(uses.get(person.person_id), Used.PASSWORD, person.person_id)
                yield PersonFacts(
                    person=person,
                    profile=profiles.get(person.directory, PasswordProfile.NIST),
                    password=passwords.get(person.person_id),
                    used_at=None if use is None else use.at,
                    second_factor=person.person_id in with_factor,
                )
            after = people[-1].user_name

    def _users(self, tx: ReportSlice, account: str, now: datetime) -> Iterator[Row]:
        keys = [key for key in tx.credentials.access_keys() if key.account == account]
        stored = tx.last_uses.last_uses(Used.ACCESS_KEY)
        latest = {
            k.access_key_id: self._later(stored.get(k.access_key_id), Used.ACCESS_KEY, k.access_key_id) for k in keys
        }
        uses = {key_id: use for key_id, use in latest.items() if use is not None}
        for user in tx.credentials.iam_users():
            if user.account == account:
                yield user_row(user, [key for key in keys if key.user_name == user.name], uses, now)

    def _later(self, stored: LastUse | None, kind: Used, subject: str) -> LastUse | None:
        known = [use for use in (stored, self._last_use.pending(kind, subject)) if use is not None]
        return max(known, key=lambda use: use.at, default=None)


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _inert(cell: str) -> str:
    """An IAM user may be called `=1+1`, and a report is opened in a spreadsheet: nothing in it is a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
