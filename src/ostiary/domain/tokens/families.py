"""Which browser session stands behind a grant, and how long do the refresh tokens live that come of it?

What is shared by the grants that a person began: authorization code and device code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.model import Application, ApplicationKind
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.model import PersonKind
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.tokens.access_token import OnBehalfOf
from ostiary.domain.tokens.errors import InvalidGrant
from ostiary.domain.tokens.grant import GrantSlice, Holder, load_holder
from ostiary.domain.tokens.model import RefreshToken, TokenFamily

FAMILY_LIFE: Mapping[ApplicationKind, timedelta] = {
    ApplicationKind.WEB: timedelta(hours=12),
    ApplicationKind.NATIVE: timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class Present:
    """The person as she is now, and when the browser session ends in which she agreed."""

    holder: Holder
    session_ends: datetime


def load_present(tx: GrantSlice, application: Application, proved: OnBehalfOf, now: datetime) -> Present:
    """The person must still be signed in: a code outlives neither her session nor her access. Raises InvalidGrant."""
    session = tx.sessions.browser_session(proved.session_id)
    if session is None or session.person_id != proved.person_id or now >= session.expires_at:
        raise InvalidGrant("the browser session that the code came from has ended")
    return Present(load_holder(tx, proved.person_id, application), session.expires_at)


def add_family(
    tx: GrantSlice,
    application: Application,
    proved: OnBehalfOf,
    *,
    scopes: Sequence[str],
    nonce: str,
    token_hash: bytes,
    present: Present,
    now: datetime,
) -> None:
    """The first refresh token of a grant. Nothing of a guarded account outlives the session in which it was used."""
    longest = now + FAMILY_LIFE[application.kind]
    guarded = present.holder.person.kind is not PersonKind.ORDINARY
    family = TokenFamily(
        family_id=proved.family_id,
        client_id=application.client_id,
        person_id=proved.person_id,
        session_id=proved.session_id,
        scopes=tuple(scopes),
        methods=proved.methods,
        authenticated_at=proved.authenticated_at,
        created_at=now,
        expires_at=min(longest, present.session_ends) if application.ends_with_session or guarded else longest,
        current_hash=token_hash,
        nonce=nonce,
        acr=proved.acr,
    )
    tx.tokens.add_family(family)
    tx.tokens.add_refresh_token(RefreshToken(token_hash, family.family_id, now))


def end_what_came_of(
    tx: GrantSlice,
    client: Client,
    name: EventName,
    *,
    family_id: str,
    person_id: str,
    code_of: str,
    now: datetime,
) -> None:
    """A code was shown a second time: two have it, so everything that came of the first use dies."""
    tx.tokens.end_family(family_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.TOKEN, family_id, now))
    tx.audit.append(
        event_of(
            client.caller,
            name,
            at=now,
            outcome=Outcome.DENIED,
            resources=[client.application.arn],
            error_code="invalid_grant",
            details={"familyId": family_id, "personId": person_id, "codeOf": code_of},
        )
    )
