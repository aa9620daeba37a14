"""Which sessions does a person have, and how does she end them? Only her own are there for her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.sessions.browser import is_within_limits
from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import UnknownSession
from ostiary.domain.signin.leaving import end_all_before, end_families, end_one_session
from ostiary.kit.clock import Clock
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions


class OwnSessions:
    def __init__(self, *, transactions: Transactions[AccountSlice], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def living(self, signed_in: SignedIn) -> Sequence[BrowserSession]:
        """Newest first."""
        with self._transactions.read() as tx:
            return self._living(tx, signed_in)

    def end(self, signed_in: SignedIn, session_id: str) -> None:
        """Raises UnknownSession, for another person's session as for none."""

        def work(tx: AccountSlice) -> None:
            session = tx.sessions.browser_session(session_id)
            if session is None or session.person_id != signed_in.person.person_id:
                raise UnknownSession(Text("there is no such session of yours: it may have ended already"))
            self._end(tx, signed_in, session, EventName.END_BROWSER_SESSION)
            _distrust(tx, session)

        self._transactions.write(work)

    def end_others(self, signed_in: SignedIn) -> int:
        """Sign out everywhere else, in browsers and in applications; how many browser sessions ended."""

        def work(tx: AccountSlice) -> int:
            now, here = self._clock.now(), signed_in.session.session_id
            person_id = signed_in.person.person_id
            others = [one for one in tx.sessions.browser_sessions(person_id) if one.session_id != here]
            for session in others:
                self._end(tx, signed_in, session, EventName.END_BROWSER_SESSION)
            tx.risk.distrust_devices(person_id, but_device=signed_in.session.device)
            # An application may go on after the browser session in which it was let in is long over.
            families = [one.family for one in tx.tokens.living_families(person_id, now)]
            end_families(tx, [family.family_id for family in families if family.session_id != here], now)
            return len(others)

        return self._transactions.write(work)

    def end_all(self, signed_in: SignedIn) -> None:
        """Sign out everywhere, here too: browsers, applications, and the roles that she took."""

        def work(tx: AccountSlice) -> None:
            now, person = self._clock.now(), signed_in.person
            ended = end_all_before(tx, person.person_id, now)
            details = {"everywhere": True, "endedSessions": ended}
            tx.audit.append(
                event_of(signed_in.caller, EventName.SIGN_OUT, at=now, resources=[person.arn], details=details)
            )

        self._transactions.write(work)

    def sign_out(self, signed_in: SignedIn) -> None:
        self._transactions.write(lambda tx: self._end(tx, signed_in, signed_in.session, EventName.SIGN_OUT))

    def _end(self, tx: AccountSlice, signed_in: SignedIn, session: BrowserSession, name: EventName) -> None:
        now = self._clock.now()
        end_one_session(tx, session.session_id, now)
        details = {"sessionId": session.session_id}
        tx.audit.append(event_of(signed_in.caller, name, at=now, resources=[signed_in.person.arn], details=details))

    def _living(self, tx: AccountSlice, signed_in: SignedIn) -> list[BrowserSession]:
        now = self._clock.now()
        return [
            session
            for session in reversed(tx.sessions.browser_sessions(signed_in.person.person_id))
            if session.level is SessionLevel.FULL and is_within_limits(session, signed_in.rules, now)
        ]


def _distrust(tx: AccountSlice, session: BrowserSession) -> None:
    """A browser that she signs out from afar may be in other hands: it stands in for no factor any more."""
    known = tx.risk.known_device(session.person_id, session.device)
    if known is not None:
        tx.risk.put_known_device(replace(known, trusted_at=None))
