"""How does a person who is signed in say that somebody else was here, too? By the link that every notice carries."""

from __future__ import annotations

from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.signin.current import SignedIn
from ostiary.kit.clock import Clock
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions


class Disowning:
    def __init__(self, *, transactions: Transactions[AccountSlice], not_me: NotMeLinks, clock: Clock) -> None:
        self._transactions = transactions
        self._not_me = not_me
        self._clock = clock

    def link(self, signed_in: SignedIn) -> Secret:
        """To the page that ends everything and starts recovery; nothing has happened before she agrees there."""
        now, person = self._clock.now(), signed_in.person
        return Secret(self._transactions.write(lambda tx: self._not_me.link_for(tx, person, now, "")))
