"""Is this a condition key, of which type, and does Ostiary supply it?

Names do not differ by ASCII case. A family stands for all keys that begin like it (tags), or end like it (claims of an
outside issuer). What is too long to be a key is none: nothing here costs more than the length of a name.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

from ostiary.policy.casing import lower_ascii
from ostiary.policy.registry import authzen_keys, global_keys, iam_keys, ostiary_keys, secretsmanager_keys, sts_keys
from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType

__all__ = ["ConditionKey", "KeySource", "KeyType", "all_keys", "find_key"]

_MAX_NAME = 384
_MAX_TAG_KEY = 128
_TAG_PUNCTUATION = frozenset("+-=._:/@ ")
_LETTERS_AND_NUMBERS = ("L", "N", "M")
# A host with a dot or a port, then perhaps a path: `s3:prefix` is a service's key, not an issuer's claim.
_ISSUER = re.compile(r"(?=[^/]*[.:])[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?(?:/[^\s:*?$]*)?", re.ASCII)

_ALL = (
    *global_keys.KEYS,
    *sts_keys.KEYS,
    *iam_keys.KEYS,
    *secretsmanager_keys.KEYS,
    *ostiary_keys.KEYS,
    *authzen_keys.KEYS,
)
_BY_NAME = MappingProxyType({lower_ascii(key.name): key for key in _ALL if not key.family})
_BY_PREFIX = MappingProxyType({lower_ascii(key.prefix): key for key in _ALL if key.family})
_BY_CLAIM = MappingProxyType({key.name.rpartition(":")[2]: key for key in sts_keys.ISSUER_KEYS})


def find_key(name: str) -> ConditionKey | None:
    """The key, or the family of `aws:PrincipalTag/team` or `token.example.com:sub`; None when it is unknown."""
    if len(name) > _MAX_NAME:
        return None
    lowered = lower_ascii(name)
    return _BY_NAME.get(lowered) or _tag_family(lowered) or _issuer_family(lowered)


def all_keys() -> tuple[ConditionKey, ...]:
    """Every key and family, in the order of the documents."""
    return (*_ALL, *sts_keys.ISSUER_KEYS)


def _tag_family(name: str) -> ConditionKey | None:
    prefix, slash, tag_key = name.partition("/")
    family = _BY_PREFIX.get(prefix + slash)
    return family if family is not None and _is_tag_key(tag_key) else None


def _is_tag_key(text: str) -> bool:
    return 0 < len(text) <= _MAX_TAG_KEY and all(map(_fits, text))


def _fits(character: str) -> bool:
    return character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in _LETTERS_AND_NUMBERS


def _issuer_family(name: str) -> ConditionKey | None:
    issuer, _, claim = name.rpartition(":")
    family = _BY_CLAIM.get(claim)
    return family if family is not None and _ISSUER.fullmatch(issuer) else None
