"""What do the members of a request mean in the words of the house, and which of them mean nothing here?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ostiary.domain.secrets.errors import InvalidSecretParameter
from ostiary.domain.secrets.tags import tags_of
from ostiary.domain.secrets.versions import SecretValue, binary_value, text_value
from ostiary.policy import ContextValue
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.service import Input

# Members of the model whose meaning is not built: to pass over one in silence would promise what is not kept.
_NOT_BUILT: Mapping[str, str] = {
    "AddReplicaRegions": "this server does not replicate secrets to regions",
    "ForceOverwriteReplicaSecret": "this server does not replicate secrets to regions",
    "CrossAccountPrimaryARN": "this server does not replicate secrets between accounts",
    "Type": "this server keeps no secrets of partner services",
    "RotationToken": "this server does not rotate secrets by itself",
}
_OWN_KEYS = frozenset({"", "alias/aws/secretsmanager"})


def reject_not_built(given: Input) -> None:
    for name, reason in _NOT_BUILT.items():
        if given.get(name):
            raise WireError("InvalidParameterException", f"The parameter {name} is not supported: {reason}.")
    if given.get("KmsKeyId", "") not in _OWN_KEYS:
        raise WireError(
            "InvalidParameterException",
            "The parameter KmsKeyId is not supported: secrets are sealed under this server's own key hierarchy."
            " Leave it out, or give alias/aws/secretsmanager.",
        )


def key_conditions(given: Input) -> dict[str, ContextValue]:
    """What policies see of the key that was named."""
    key = given.get("KmsKeyId")
    return {"secretsmanager:KmsKeyId": key} if key else {}


def value_in(given: Input) -> SecretValue | None:
    """Raises InvalidSecretParameter."""
    text, data = given.get("SecretString"), given.get("SecretBinary")
    if text is not None and data is not None:
        raise InvalidSecretParameter(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
    if text is not None:
        return text_value(text)
    return binary_value(data) if data is not None else None


def tags_in(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Raises InvalidSecretParameter."""
    # Key and Value are optional in the model; a tag without a key is none.
    return tags_of((tag.get("Key", ""), tag.get("Value", "")) for tag in tags)
