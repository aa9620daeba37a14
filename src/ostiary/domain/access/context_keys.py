"""Which condition keys do these policies read, and how are they spelled?

Keys do not differ by case: a known key is told in the spelling of the documents, any other as it was written.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterable

from ostiary.policy import Policy
from ostiary.policy.registry.keys import find_key


def context_keys(policies: Iterable[Policy]) -> dict[str, str]:
    """Each key that a condition or a variable reads, in lower case, with its spelling; in the order of the policies."""
    spellings: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            written = {condition.key: condition.written_key for condition in statement.conditions}
            for key in statement.keys:
                if key not in spellings or (key in written and spellings[key] == key):
                    spellings[key] = spelled(key, written.get(key, key))
    return spellings


def spelled(key: str, written: str = "") -> str:
    """`written` is how somebody wrote it."""
    written = written or key
    known = find_key(key)
    if known is None:
        return written
    return (
        f"{known.prefix}{written[len(known.prefix) :]}" if known.family and known.prefix else _name(known.name, written)
    )


def _name(name: str, written: str) -> str:
    # The claims of an outside issuer are a family by their end: what stands before it is the issuer's own name.
    return written if "${" in name else name
