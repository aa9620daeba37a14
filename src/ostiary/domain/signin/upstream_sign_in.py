"""Who of us is it whom an upstream provider vouches for, and what does she get for it? (BP01-15)

Whoever was linked is known by provider and subject, for ever. Only the first time a verified mail address decides, and
only for a person of the provider's own directory who is linked to nobody there. Accounts for emergencies and the first
administrator never depend on a provider. Every reason to refuse has the same words.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import Person, PersonKind, PersonStatus
from ostiary.domain.federation.ports import FederationSlice
from ostiary.domain.federation.upstream import UpstreamIdentity, UpstreamProvider
from ostiary.domain.federation.upstream_errors import UpstreamRefused, UpstreamUnavailable
from ostiary.domain.federation.upstream_exchange import Answered, UpstreamExchange
from ostiary.domain.federation.upstream_state import Asked
from ostiary.domain.federation.upstream_tokens import Vouched
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import claimed_caller
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit.clock import Clock, iso
from ostiary.kit.transactions import Transactions


class UpstreamSlice(SigninSlice, FederationSlice, Protocol): ...


class UpstreamSignIn:
    def __init__(
        self,
        *,
        transactions: Transactions[UpstreamSlice],
        exchange: UpstreamExchange,
        arrivals: Arrivals,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._exchange = exchange
        self._arrivals = arrivals
        self._outbox = outbox
        self._clock = clock

    def providers(self) -> tuple[UpstreamProvider, ...]:
        return self._exchange.providers()

    def provider(self, name: str) -> UpstreamProvider:
        """Raises UnknownUpstream."""
        return self._exchange.provider(name)

    def leave(self, name: str, binding: str, return_to: str) -> str:
        """Where the browser goes. `binding` is what only it has. Raises UnknownUpstream, UpstreamUnavailable."""
        return self._exchange.leave(self._exchange.provider(name), binding, return_to, self._clock.now())

    def come_back(self, name: str, answered: Answered, binding: str, origin: Origin) -> tuple[Opened, str]:
        """The session, and where she wanted to go. Raises UnknownUpstream, UpstreamRefused, UpstreamUnavailable."""
        provider = self._exchange.provider(name)
        # Who cannot show a state of ours leaves no event: anybody could send such answers all day.
        asked = self._exchange.open_state(provider, answered, binding, self._clock.now())
        coming = _Coming(self._arrivals, self._outbox, origin)
        try:
            opened = self._come_back(provider, answered, asked, coming)
        except (UpstreamRefused, UpstreamUnavailable) as failure:
            self._note(coming, origin, SignInRefused(f"`{provider.name}`: {failure.operator_text}"))
            raise
        except SignInRefused as refused:
            self._note(coming, origin, refused)
            raise UpstreamRefused(refused.operator_text) from None
        return opened, asked.return_to

    def _come_back(self, provider: UpstreamProvider, answered: Answered, asked: Asked, coming: _Coming) -> Opened:
        # ORDER: the state is spent before the provider hears of the code, so that an answer counts once.
        self._transactions.write(lambda tx: asked.spend(tx.credentials))
        vouched = self._exchange.vouched(provider, answered, asked, self._clock.now())
        return self._transactions.write(lambda tx: coming.arrive(tx, vouched, self._clock.now()))

    def _note(self, coming: _Coming, origin: Origin, refused: SignInRefused) -> None:
        self._arrivals.note_refusal(coming.person, origin, refused, EventName.SIGN_IN)


class _Coming:
    """What happens in the transaction; remembers whom it was about when the answer is no."""

    def __init__(self, arrivals: Arrivals, outbox: Outbox, origin: Origin) -> None:
        self._arrivals = arrivals
        self._outbox = outbox
        self._origin = origin
        self.person: Person | None = None

    def arrive(self, tx: UpstreamSlice, vouched: Vouched, now: datetime) -> Opened:
        linked = tx.federation.upstream_identity(vouched.provider.name, vouched.subject)
        found = tx.directory.person(linked) if linked is not None else _named_by_mail(tx, vouched)
        self.person = found
        person = _check_person(found, vouched.provider)
        if linked is None:
            self._link(tx, person, vouched, now)
        if person.status is PersonStatus.INVITED:
            person = _activate(tx, person)
        return self._arrivals.arrive(tx, person, proved=vouched.methods, half=None, origin=self._origin, now=now)

    def _link(self, tx: UpstreamSlice, person: Person, vouched: Vouched, now: datetime) -> None:
        provider = vouched.provider
        if tx.federation.upstream_identities(provider.name, person_id=person.person_id):
            # A mail address that was given to somebody else over there must not open her account here.
            raise SignInRefused(f"she is another one at `{provider.name}`")
        identity = UpstreamIdentity(provider.name, vouched.subject, person.person_id, now)
        tx.federation.add_upstream_identity(identity)
        caller, details = claimed_caller(person, self._origin), {"provider": provider.name, "subject": vouched.subject}
        name = EventName.LINK_UPSTREAM_IDENTITY
        tx.audit.append(event_of(caller, name, at=now, resources=[person.arn], details=details))
        values = {"at": iso(now), "factor": "upstream", "factor_name": provider.label}
        self._outbox.send(tx, MailKind.FACTOR_ADDED, recipient=recipient_of(person), values=values, now=now)


def _named_by_mail(tx: UpstreamSlice, vouched: Vouched) -> Person | None:
    if not vouched.email:
        raise SignInRefused("nobody is linked, and the provider does not say that her mail address is verified")
    return tx.directory.person_by_email(vouched.email)


def _check_person(person: Person | None, provider: UpstreamProvider) -> Person:
    """Raises SignInRefused. Asked each time: a linked person may have been moved, disabled or made another kind."""
    if person is None:
        raise SignInRefused("nobody is linked, and nobody alone has this mail address")
    if person.directory != provider.directory:
        raise SignInRefused(f"she is not of the directory `{provider.directory}`")
    if person.kind is not PersonKind.ORDINARY:
        raise SignInRefused("an account for emergencies does not depend on a provider")
    if person.status is PersonStatus.DISABLED:
        raise SignInRefused("the person is disabled")
    return person


def _activate(tx: UpstreamSlice, person: Person) -> Person:
    """What was invited has arrived: the link that still lies in a mailbox opens nothing any more."""
    tx.credentials.delete_enrolment_links(person.person_id)
    tx.directory.set_person_status(person.person_id, PersonStatus.ACTIVE)
    return replace(person, status=PersonStatus.ACTIVE)
