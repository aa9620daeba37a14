"""How is a secret called, and what is meant by an id that was given?

A secret is found by its name, by its full ARN, or by its ARN without the hyphen and six random characters. Names are
unique in an account whatever the region: the ARN carries the region that CreateSecret was signed for, and a request
signed for any region finds the secret (docs/decisions/0006-a-secret-has-one-name-in-all-regions.md).
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from ostiary.domain.audit.caller import Caller
from ostiary.domain.secrets.errors import InvalidSecretName, InvalidSecretParameter
from ostiary.domain.secrets.model import Secret
from ostiary.kit import ids

DEFAULT_REGION = "us-east-1"
ANY_SUFFIX = "??????"
_SUFFIX_CHARACTERS = 6
_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
_REGION = re.compile(r"[a-z0-9-]{1,64}")
_ARN = re.compile(rf"arn:aws:secretsmanager:({_REGION.pattern}):([0-9]{{12}}):secret:({_NAME.pattern})")
_HAS_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")
_TOKEN = re.compile(r"[!-~]{32,64}")
_INVALID = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"


@dataclass(frozen=True, slots=True)
class SecretReference:
    """What a caller named. `arn_if_absent` is what a request is decided about when there is no such secret.

    It ends in six question marks where the caller did not know them, so that an unknown name is decided by the same
    policies as a known one.
    """

    given: str
    account: str
    arn_if_absent: str


def check_name(name: str) -> str:
    """Raises InvalidSecretName."""
    if _NAME.fullmatch(name) is None:
        raise InvalidSecretName(_INVALID)
    return name


def reference(secret_id: str, caller: Caller) -> SecretReference:
    """Raises InvalidSecretName for what is neither a name nor an ARN of a secret."""
    if not secret_id.startswith("arn:"):
        return SecretReference(
            secret_id, caller.account, secret_arn(check_name(secret_id), caller.account, region_of(caller))
        )
    found = _ARN.fullmatch(secret_id)
    if found is None:
        raise InvalidSecretName(_INVALID)
    full = secret_id if _HAS_SUFFIX.search(secret_id) else f"{secret_id}-{ANY_SUFFIX}"
    return SecretReference(secret_id, found.group(2), full)


def secret_arn(name: str, account: str, region: str, *, suffix: str = ANY_SUFFIX) -> str:
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}"


def new_secret_arn(name: str, account: str, region: str) -> str:
    """With six random characters, so that a secret made again is another one to policies that name it in full."""
    suffix = ids.random_text(string.ascii_letters + string.digits, _SUFFIX_CHARACTERS)
    return secret_arn(name, account, region, suffix=suffix)


def region_of(caller: Caller) -> str:
    """The region that the request was signed for. Raises InvalidSecretParameter for one that fits in no ARN."""
    region = caller.origin.region or DEFAULT_REGION
    if _REGION.fullmatch(region) is None:
        raise InvalidSecretParameter("The region that the request was signed for is not one.")
    return region


def region_in(secret: Secret) -> str:
    return secret.arn.split(":", 4)[3]


def version_id_from(token: str | None) -> str:
    """A ClientRequestToken becomes the version's id. Raises InvalidSecretParameter."""
    if token is None:
        return ids.uuid7()
    if _TOKEN.fullmatch(token) is None:
        raise InvalidSecretParameter(
            "ClientRequestToken must have 32 to 64 printable ASCII characters: a UUID is a good choice."
        )
    return token
