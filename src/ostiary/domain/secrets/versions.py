"""How is a value sealed into a version, opened again, and recognised without opening it?

One data key per version; the ARN and the version id are part of what is authenticated, so a sealed value that is moved
to another row does not open. Equality with an earlier request is decided by a keyed digest.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.secrets.errors import InvalidSecretParameter, SecretUnopenable
from ostiary.domain.secrets.model import SecretVersion
from ostiary.kit.crypto.sealing import SealError

MAX_VALUE_BYTES = 65_536
_DIGEST_PURPOSE = b"ostiary secret version digest\x00"


@dataclass(frozen=True, slots=True)
class SecretValue:
    """Never shown by printing, logging or comparing in variable time."""

    data: bytes = field(repr=False, compare=False)
    binary: bool

    def text(self) -> str:
        """Only of a value that was given as text."""
        return self.data.decode()


def text_value(text: str) -> SecretValue:
    """Raises InvalidSecretParameter."""
    try:
        return _checked(SecretValue(text.encode(), binary=False))
    except UnicodeEncodeError:
        raise InvalidSecretParameter(
            "The SecretString holds half of a surrogate pair, which is no character."
        ) from None


def binary_value(data: bytes) -> SecretValue:
    """Raises InvalidSecretParameter."""
    return _checked(SecretValue(data, binary=True))


def _checked(value: SecretValue) -> SecretValue:
    if not 0 < len(value.data) <= MAX_VALUE_BYTES:
        raise InvalidSecretParameter(f"A secret value has 1 to {MAX_VALUE_BYTES} bytes.")
    return value


def seal_version(
    keys: ServerKeys, value: SecretValue, *, arn: str, version_id: str, stages: frozenset[str], at: datetime
) -> SecretVersion:
    return SecretVersion(
        arn=arn,
        version_id=version_id,
        sealed=keys.keyring.seal(value.data, identity=_identity(arn, version_id)),
        binary=value.binary,
        created_at=at,
        stages=stages,
        digest=_digest(keys, value, arn, version_id),
    )


def open_version(keys: ServerKeys, version: SecretVersion) -> SecretValue:
    """Raises SecretUnopenable."""
    try:
        data = keys.keyring.open(version.sealed, identity=_identity(version.arn, version.version_id))
    except SealError:
        raise SecretUnopenable(
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            operator_text=f"version {version.version_id} of `{version.arn}` does not open: was its row changed?",
        ) from None
    return SecretValue(data, binary=version.binary)


def holds(keys: ServerKeys, version: SecretVersion, value: SecretValue) -> bool:
    """Whether the version was made from this value; takes the same time whatever the answer."""
    return hmac.compare_digest(version.digest, _digest(keys, value, version.arn, version.version_id))


def _identity(arn: str, version_id: str) -> str:
    return f"secret:{arn}:{version_id}"


def _digest(keys: ServerKeys, value: SecretValue, arn: str, version_id: str) -> bytes:
    # The identity is in it, so that equal values of two secrets do not show that they are equal.
    key = hmac.digest(keys.password_pepper, _DIGEST_PURPOSE, sha256)
    kind = b"\x01" if value.binary else b"\x00"
    return hmac.digest(key, _identity(arn, version_id).encode() + b"\x00" + kind + value.data, sha256)
