"""Who is signed in, this moment? The web and OpenID Connect ask here, at every request.

The person is read anew each time, so disabling her or moving her between groups acts at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Origin, anonymous
from ostiary.domain.directory.attributes import access_tags
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.sessions.browser import MAX_USER_AGENT, Living, find_living, is_due_for_touch
from ostiary.domain.sessions.errors import SessionRevoked
from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.signin.errors import NotSignedIn, TermsOutstanding
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

_HIDDEN = "(unknown)"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`caller` has her access attributes as tags; `organization` is its name; `rules` hold for her now."""

    person: Person
    session: BrowserSession
    rules: SignInRules
    caller: Caller
    organization: str


class CurrentPerson:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        revocations: Current[RevocationIndex],
        policies: Current[SignInPolicyIndex],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._revocations = revocations
        self._policies = policies
        self._clock = clock

    def signed_in(self, token: str | None, origin: Origin) -> SignedIn:
        """The active person with a full session. Notes that she was here.

        Raises NotSignedIn, TermsOutstanding before she accepted the terms of her directory.
        """
        found = self.at_level(token, origin, SessionLevel.FULL)
        if found.rules.terms_version:
            self._check_terms(found)
        now = self._clock.now()
        if is_due_for_touch(found.session, now):
            session_id = found.session.session_id
            self._transactions.write(lambda tx: tx.sessions.touch_browser_session(session_id, now))
        return found

    def at_level(self, token: str | None, origin: Origin, level: SessionLevel) -> SignedIn:
        """The person with a session of exactly this level. Raises NotSignedIn."""
        with self._transactions.read() as tx:
            living = self._find(tx, token)
            if living is None or living.session.level is not level or not _may_be_at(living.person, level):
                raise NotSignedIn
            if level is not SessionLevel.FULL and not _is_same_browser(living.session, origin):
                raise NotSignedIn("the session was begun in another browser")
            return _signed_in(tx, living, origin)

    def _check_terms(self, found: SignedIn) -> None:
        with self._transactions.read() as tx:
            accepted = tx.directory.terms_acceptances(found.person.person_id)
        if all(one.version != found.rules.terms_version for one in accepted):
            raise TermsOutstanding

    def _find(self, tx: SigninSlice, token: str | None) -> Living | None:
        if token is None:
            return None
        try:
            return find_living(
                tx,
                token,
                policies=self._policies.value,
                now=self._clock.now(),
                revocations=self._revocations.value,
            )
        except SessionRevoked as revoked:
            raise NotSignedIn(revoked.operator_text) from None


def person_caller(tx: SigninSlice, person: Person, origin: Origin, *, session: BrowserSession | None = None) -> Caller:
    """The caller that a person is; without a session nothing is proved yet."""
    organization = tx.directory.organization()
    full = session is not None and session.level is SessionLevel.FULL
    return Caller(
        arn=person.arn,
        account=organization.account if organization is not None else "",
        kind=CallerKind.PERSON,
        name=person.user_name,
        user_id=person.person_id,
        origin=origin,
        tags=MappingProxyType(access_tags(person, tx.directory.attribute_definitions()) if full else {}),
        source_identity=person.user_name if full else "",
        assurance=Assurance(session.methods, session.authenticated_at) if session is not None else Assurance(),
        session_id=session.session_id if session is not None else "",
        issued_at=session.created_at if session is not None else None,
        expires_at=session.expires_at if session is not None else None,
    )


def claimed_caller(person: Person | None, origin: Origin) -> Caller:
    """Nothing is proved. What a stranger typed as a name is not kept: it may be a password."""
    return replace(anonymous(origin), name=person.user_name if person is not None else _HIDDEN)


def _signed_in(tx: SigninSlice, living: Living, origin: Origin) -> SignedIn:
    organization = tx.directory.organization()
    return SignedIn(
        person=living.person,
        session=living.session,
        rules=living.rules,
        caller=person_caller(tx, living.person, origin, session=living.session),
        organization=organization.name if organization is not None else "",
    )


def _is_same_browser(session: BrowserSession, origin: Origin) -> bool:
    """A session on its way in lives minutes, in which a browser does not change; a stolen one is worth nothing."""
    return (session.device, session.user_agent) == (origin.device, origin.user_agent[:MAX_USER_AGENT])


def _may_be_at(person: Person, level: SessionLevel) -> bool:
    """An invited person may enrol and nothing else; a disabled one may nothing."""
    if level is SessionLevel.ENROLMENT:
        return person.status is not PersonStatus.DISABLED
    return person.status is PersonStatus.ACTIVE
