"""Which version carries which stage after a change? Pure; a stage is on one version at a time.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ostiary.domain.secrets.errors import InvalidSecretParameter, SecretLimitExceeded
from ostiary.domain.secrets.model import AWSCURRENT, AWSPREVIOUS, VersionFacts

MAX_STAGES = 20
MAX_VERSIONS = 100
_MAX_STAGE = 256
Stages = Mapping[str, frozenset[str]]


def check_stages(stages: Iterable[str]) -> frozenset[str]:
    """Stages for a new version. Raises InvalidSecretParameter."""
    wanted = frozenset(stages)
    if not 0 < len(wanted) <= MAX_STAGES:
        raise InvalidSecretParameter(f"A version has 1 to {MAX_STAGES} staging labels.")
    for stage in wanted:
        check_stage(stage)
    if AWSPREVIOUS in wanted:
        raise InvalidSecretParameter(f"{AWSPREVIOUS} is set when {AWSCURRENT} moves: it cannot be given.")
    return wanted


def check_stage(stage: str) -> str:
    if not 0 < len(stage) <= _MAX_STAGE or not stage.isprintable():
        raise InvalidSecretParameter(f"A staging label has 1 to {_MAX_STAGE} printable characters.")
    return stage


def holder(stages: Stages, stage: str) -> str | None:
    """The version that carries the stage."""
    return next((version_id for version_id, own in stages.items() if stage in own), None)


def moved(before: Stages, stages: frozenset[str], *, to: str) -> dict[str, frozenset[str]]:
    """The versions whose stages change when `stages` move to the version `to`, with what they then have.

    With AWSCURRENT, AWSPREVIOUS moves to the version that was current. Raises SecretLimitExceeded.
    """
    after = {version_id: set(own) - stages for version_id, own in before.items()}
    after.setdefault(to, set()).update(stages)
    former = holder(before, AWSCURRENT) if AWSCURRENT in stages else None
    if former is not None and former != to:
        for own in after.values():
            own.discard(AWSPREVIOUS)
        after[former].add(AWSPREVIOUS)
    if len(after[to]) > MAX_STAGES:
        raise SecretLimitExceeded(f"A version has at most {MAX_STAGES} staging labels.")
    return {
        version_id: frozenset(own)
        for version_id, own in after.items()
        if version_id not in before or own != before[version_id]
    }


def to_forget(facts: Sequence[VersionFacts], keep: Iterable[str]) -> str | None:
    """The oldest deprecated version, when a secret is full; `keep` will get stages. Raises SecretLimitExceeded."""
    if len(facts) < MAX_VERSIONS:
        return None
    kept = frozenset(keep)
    for version in reversed(facts):
        if not version.stages and version.version_id not in kept:
            return version.version_id
    raise SecretLimitExceeded(
        f"A secret has at most {MAX_VERSIONS} versions, and all of them carry staging labels: remove some labels."
    )
