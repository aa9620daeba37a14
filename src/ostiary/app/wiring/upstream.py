"""The services for signing in at an upstream provider."""

from __future__ import annotations

from ostiary.app.issuer_keys import HttpKeySource
from ostiary.app.upstream_http import HttpUpstream
from ostiary.app.wiring.shared import SharedServices
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.upstream_exchange import UpstreamExchange
from ostiary.domain.federation.upstream_tokens import UpstreamTokens
from ostiary.domain.signin.upstream_sign_in import UpstreamSignIn


def upstream_sign_in(people: SharedServices) -> UpstreamSignIn:
    """After arrivals and outbox were made."""
    parts = people.parts
    exchange = UpstreamExchange(
        index=parts.upstreams,
        connection=HttpUpstream(development=parts.development),
        tokens=UpstreamTokens(IssuerKeys(HttpKeySource(development=parts.development))),
        keys=parts.keys,
        issuer=parts.issuer,
    )
    return UpstreamSignIn(
        transactions=parts.database,
        exchange=exchange,
        arrivals=people.arrivals,
        outbox=people.outbox,
        clock=parts.clock,
    )
