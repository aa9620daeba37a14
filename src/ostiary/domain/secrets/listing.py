"""Which secrets are there? Names and metadata of one account, filtered, sorted, page by page.

Who may list is decided by the action alone, as in AWS: who may, sees the names of all secrets in the account.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.secrets.accessing import secret_accessed_on
from ostiary.domain.secrets.model import Secret, VersionFacts
from ostiary.domain.secrets.naming import region_in
from ostiary.domain.secrets.slices import SecretReads
from ostiary.kit.clock import from_micros, to_micros
from ostiary.kit.transactions import Transactions

_BATCH = 1000
_NEVER = from_micros(0)
_WORDS = re.compile(r"[ /_+=.@!:-]+")


class FilterKey(StrEnum):
    NAME = "name"
    DESCRIPTION = "description"
    TAG_KEY = "tag-key"
    TAG_VALUE = "tag-value"
    PRIMARY_REGION = "primary-region"
    OWNING_SERVICE = "owning-service"
    ALL = "all"


class SortKey(StrEnum):
    NAME = "name"
    CREATED = "created-date"
    CHANGED = "last-changed-date"
    ACCESSED = "last-accessed-date"


@dataclass(frozen=True, slots=True)
class SecretFilter:
    """One of `values` must fit; a value that begins with `!` must not."""

    key: FilterKey
    values: tuple[str, ...]


Cursor = tuple[int, str]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """`after` is the cursor of the last secret of the page before."""

    account: str
    filters: tuple[SecretFilter, ...] = ()
    deleted: bool = False
    sort: SortKey = SortKey.CREATED
    descending: bool = False
    after: Cursor | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class SecretEntry:
    secret: Secret
    versions: Sequence[VersionFacts]
    accessed_on: datetime | None


@dataclass(frozen=True, slots=True)
class SecretPage:
    entries: Sequence[SecretEntry]
    more: Cursor | None


class SecretListing:
    """That the caller may list is decided before, by action; the room does not see who asks."""

    def __init__(self, *, transactions: Transactions[SecretReads], last_use: LastUseLog) -> None:
        self._transactions = transactions
        self._last_use = last_use

    def page(self, asked: ListRequest) -> SecretPage:
        with self._transactions.read() as tx:
            found = sorted(self._cursors(tx, asked), key=lambda pair: pair[0], reverse=asked.descending)
            following = [pair for pair in found if _is_behind(pair[0], asked)][: asked.limit + 1]
            shown = [secret for _, secret in following[: asked.limit]]
            entries = self._entries(tx, shown)
        more = following[asked.limit - 1][0] if len(following) > asked.limit else None
        return SecretPage(entries, more)

    def _cursors(self, tx: SecretReads, asked: ListRequest) -> Iterator[tuple[Cursor, Secret]]:
        for secret in _all(tx, asked.account):
            if (asked.deleted or secret.deleted_at is None) and all(_fits(secret, wish) for wish in asked.filters):
                yield (self._rank(tx, secret, asked.sort), secret.name), secret

    def _rank(self, tx: SecretReads, secret: Secret, sort: SortKey) -> int:
        match sort:
            case SortKey.NAME:
                return 0
            case SortKey.CREATED:
                return to_micros(secret.created_at)
            case SortKey.CHANGED:
                return to_micros(secret.changed_at)
            case SortKey.ACCESSED:
                return to_micros(secret_accessed_on(tx.last_uses, self._last_use, secret.arn) or _NEVER)

    def _entries(self, tx: SecretReads, secrets: Sequence[Secret]) -> list[SecretEntry]:
        staged: dict[str, list[VersionFacts]] = {}
        for version in tx.secrets.version_facts([secret.arn for secret in secrets]):
            if version.stages:
                staged.setdefault(version.arn, []).append(version)
        return [
            SecretEntry(s, staged.get(s.arn, ()), secret_accessed_on(tx.last_uses, self._last_use, s.arn))
            for s in secrets
        ]


def _all(tx: SecretReads, account: str) -> Iterator[Secret]:
    after = ""
    while batch := tx.secrets.secrets(account, after_name=after, limit=_BATCH):
        yield from batch
        after = batch[-1].name


def _is_behind(cursor: Cursor, asked: ListRequest) -> bool:
    if asked.after is None:
        return True
    return cursor < asked.after if asked.descending else cursor > asked.after


def _fits(secret: Secret, wish: SecretFilter) -> bool:
    refused = [value[1:] for value in wish.values if value.startswith("!")]
    wanted = [value for value in wish.values if not value.startswith("!")]
    if any(_has(secret, wish.key, value) for value in refused):
        return False
    return not wanted or any(_has(secret, wish.key, value) for value in wanted)


def _has(secret: Secret, key: FilterKey, value: str) -> bool:
    if key is FilterKey.DESCRIPTION:
        return _has_words(_words([secret.description]), value)
    if key is FilterKey.ALL:
        return _has_words(_words([secret.name, secret.description, *_tag_texts(secret.tags)]), value)
    return any(text.startswith(value) for text in _prefixed(secret, key))


def _prefixed(secret: Secret, key: FilterKey) -> Iterable[str]:
    """The texts that a filter compares from their beginning, case and all."""
    match key:
        case FilterKey.NAME:
            return (secret.name,)
        case FilterKey.TAG_KEY:
            return secret.tags.keys()
        case FilterKey.TAG_VALUE:
            return secret.tags.values()
        case FilterKey.PRIMARY_REGION:
            return (region_in(secret),)
        case _:
            return ()  # no secret here belongs to another service


def _has_words(words: frozenset[str], value: str) -> bool:
    """Each word of the value begins some word of the text, whatever the case."""
    return all(any(word.startswith(part) for word in words) for part in _words([value]))


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORDS.split(text.casefold()) if word)


def _tag_texts(tags: Mapping[str, str]) -> list[str]:
    return [*tags.keys(), *tags.values()]
