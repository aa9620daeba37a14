"""What do we remember between the moment when a browser leaves for a provider and the one when it comes back?

Nothing: the browser carries it through the provider as `state`, sealed. It is for one browser, one provider, ten
minutes and one use (RFC 9700 sections 2.1, 4.4, 4.7), and holds what belongs to the question: nonce and PKCE verifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ostiary.domain.credentials.ports import CredentialRows
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.federation.upstream_errors import UpstreamRefused
from ostiary.kit import ids
from ostiary.kit.clock import from_micros, to_micros
from ostiary.kit.crypto.jose_form import JoseError, decode_base64url, encode_base64url
from ostiary.kit.crypto.sealing import SealError
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current

LIFE = timedelta(minutes=10)
_RANDOM = 32
_MAX_RETURN_TO = 1500  # some providers cut a long `state`; who has a longer way back lands on the portal
_MAX_STATE = 4096


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The question that a browser carries; `return_to` was found by whoever gave it, and is to be found again."""

    state_id: str
    provider: str
    nonce: str
    verifier: str
    return_to: str
    expires: int

    @property
    def expires_at(self) -> datetime:
        return from_micros(self.expires)

    def spend(self, rows: CredentialRows) -> None:
        """Raises UpstreamRefused when an answer to it came before."""
        if not rows.spend_challenge(hash_secret(f"upstream {self.state_id}"), expires_at=self.expires_at):
            raise UpstreamRefused("the state was answered already")


@dataclass(frozen=True, slots=True)
class UpstreamStates:
    """`binding` is what only this browser has: the token of its form cookie."""

    keys: Current[ServerKeys]

    def new(self, provider: str, return_to: str, now: datetime) -> Asked:
        kept = return_to if len(return_to) <= _MAX_RETURN_TO else ""
        random = [encode_base64url(ids.random_bytes(_RANDOM)) for _ in range(3)]
        return Asked(random[0], provider, random[1], random[2], kept, to_micros(now + LIFE))

    def seal(self, asked: Asked, binding: str) -> str:
        sealed = self.keys.value.keyring.seal(msgspec.json.encode(asked), identity=_identity(asked.provider, binding))
        return encode_base64url(sealed)

    def open(self, state: str, provider: str, binding: str, now: datetime) -> Asked:
        """Raises UpstreamRefused for one that is forged, over, or of another browser or provider."""
        if not 0 < len(state) <= _MAX_STATE:
            raise UpstreamRefused("the answer has no state")
        try:
            sealed = decode_base64url(state, "the state")
            body = self.keys.value.keyring.open(sealed, identity=_identity(provider, binding))
            asked = msgspec.json.decode(body, type=Asked)
        except (JoseError, SealError, msgspec.MsgspecError):
            raise UpstreamRefused("the state is not ours, or of another browser or provider") from None
        if not now < asked.expires_at <= now + LIFE:
            raise UpstreamRefused("the state is over")
        return asked


def _identity(provider: str, binding: str) -> str:
    return f"upstream state\0{provider}\0{binding}"
