"""With which of our keys are tokens signed, and with which are our own tokens believed?"""

from __future__ import annotations

from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit.crypto.jose import KeySet, SigningKey
from ostiary.kit.current import Current


class OwnKeys:
    """The verification keys are made once per generation of the server's keys."""

    def __init__(self, keys: Current[ServerKeys]) -> None:
        self._keys = keys
        self._made: tuple[ServerKeys, KeySet] | None = None

    def signing(self, alg: str) -> SigningKey:
        return self._keys.value.signing[alg]

    def verification(self) -> KeySet:
        keys, made = self._keys.value, self._made
        if made is None or made[0] is not keys:
            made = (keys, KeySet.of(keys.published))
            self._made = made
        return made[1]
