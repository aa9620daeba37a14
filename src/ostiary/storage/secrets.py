"""How are secrets, their versions and stages kept? `secret` and `version` answer GetSecretValue, so they are lean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from ostiary.domain.secrets.model import AWSCURRENT, Secret, SecretVersion, VersionFacts
from ostiary.storage.facts import many, one, put
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import secret, secret_stage, secret_version

_RANDOM_SUFFIX = 7  # a hyphen and six characters
_ARN_PARTS = 7  # arn:aws:secretsmanager:region:account:secret:name

_BY_ARN = select(secret).where(secret.c.arn == bindparam("arn"), secret.c.account == bindparam("account"))
_BY_NAME = select(secret).where(secret.c.account == bindparam("account"), secret.c.name == bindparam("name"))
_of_version = (secret_stage.c.arn == secret_version.c.arn) & (secret_stage.c.version_id == secret_version.c.version_id)
_VERSIONS = (
    select(secret_version, secret_stage.c.stage)
    .select_from(secret_version.outerjoin(secret_stage, _of_version))
    .where(secret_version.c.arn == bindparam("arn"))
)
_FACTS = (
    select(secret_version.c.arn, secret_version.c.version_id, secret_version.c.created_at, secret_stage.c.stage)
    .select_from(secret_version.outerjoin(secret_stage, _of_version))
    .order_by(secret_version.c.created_at.desc(), secret_version.c.version_id.desc())
)
_BY_VERSION_ID = _VERSIONS.where(secret_version.c.version_id == bindparam("version_id"))
_wanted = secret_stage.alias("wanted")
_BY_STAGE = _VERSIONS.where(
    secret_version.c.version_id
    == select(_wanted.c.version_id)
    .where(_wanted.c.arn == bindparam("arn"), _wanted.c.stage == bindparam("stage"))
    .scalar_subquery()
)


class SecretTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def secret(self, account: str, name_or_arn: str) -> Secret | None:
        if not name_or_arn.startswith("arn:"):
            return one(self._connection, _BY_NAME, Secret, account=account, name=name_or_arn)
        found = one(self._connection, _BY_ARN, Secret, account=account, arn=name_or_arn)
        return found or self._by_partial_arn(account, name_or_arn)

    def secrets(self, account: str, *, after_name: str = "", limit: int = 100) -> Sequence[Secret]:
        page = select(secret).where(secret.c.account == account, secret.c.name > after_name)
        return many(self._connection, page.order_by(secret.c.name).limit(limit), Secret)

    def put_secret(self, secret_: Secret) -> None:
        put(self._connection, secret, secret_)
        raise_generation(self._connection, Topic.SECRETS)

    def destroy_secret(self, arn: str) -> None:
        self._connection.execute(delete(secret).where(secret.c.arn == arn))
        raise_generation(self._connection, Topic.SECRETS)

    def due_for_destruction(self, now: datetime) -> Sequence[Secret]:
        return many(self._connection, select(secret).where(secret.c.deletion_at <= now).order_by(secret.c.arn), Secret)

    def versions(self, arn: str) -> Sequence[SecretVersion]:
        newest_first = _VERSIONS.order_by(secret_version.c.created_at.desc(), secret_version.c.version_id.desc())
        return _versions(self._connection.execute(newest_first, {"arn": arn}))

    def version_facts(self, arns: Sequence[str]) -> Sequence[VersionFacts]:
        stages: dict[tuple[str, str, datetime], set[str]] = {}
        for arn, version_id, created_at, stage in self._connection.execute(
            _FACTS.where(secret_version.c.arn.in_(arns))
        ):
            own = stages.setdefault((arn, version_id, created_at), set())
            if stage is not None:
                own.add(stage)
        return [VersionFacts(*key, frozenset(own)) for key, own in stages.items()]

    def version(self, arn: str, *, version_id: str | None = None, stage: str | None = None) -> SecretVersion | None:
        """By id, by stage, or by both, which must agree; AWSCURRENT when neither is given."""
        if version_id is None:
            rows = self._connection.execute(_BY_STAGE, {"arn": arn, "stage": stage or AWSCURRENT})
        else:
            rows = self._connection.execute(_BY_VERSION_ID, {"arn": arn, "version_id": version_id})
        found = _versions(rows)
        if not found or (stage is not None and stage not in found[0].stages):
            return None
        return found[0]

    def put_version(self, version: SecretVersion) -> None:
        put(
            self._connection,
            secret_version,
            {column.name: getattr(version, column.name) for column in secret_version.c},
        )
        self.move_stages(version.arn, {version.version_id: version.stages})

    def move_stages(self, arn: str, stages_by_version: dict[str, frozenset[str]]) -> None:
        old = delete(secret_stage).where(secret_stage.c.arn == arn)
        self._connection.execute(old.where(secret_stage.c.version_id.in_(sorted(stages_by_version))))
        for version_id, stages in stages_by_version.items():
            for stage in sorted(stages):
                put(self._connection, secret_stage, {"arn": arn, "stage": stage, "version_id": version_id})
        raise_generation(self._connection, Topic.SECRETS)

    def delete_version(self, arn: str, version_id: str) -> None:
        for table in (secret_stage, secret_version):
            self._connection.execute(delete(table).where(table.c.arn == arn, table.c.version_id == version_id))
        raise_generation(self._connection, Topic.SECRETS)

    def _by_partial_arn(self, account: str, partial: str) -> Secret | None:
        parts = partial.split(":", _ARN_PARTS - 1)
        if len(parts) != _ARN_PARTS:
            return None
        found = one(self._connection, _BY_NAME, Secret, account=account, name=parts[-1])
        return found if found is not None and found.arn[:-_RANDOM_SUFFIX] == partial else None


def _versions(rows: Iterable[Row[Any]]) -> list[SecretVersion]:
    """One row per version and stage becomes one version, in the order of first appearance."""
    facts: dict[str, Any] = {}
    stages: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        facts.setdefault(row.version_id, row[:-1])
        if row.stage is not None:
            stages[row.version_id].add(row.stage)
    return [
        SecretVersion(
            arn=arn,
            version_id=version_id,
            sealed=sealed,
            binary=binary,
            created_at=created_at,
            digest=digest,
            stages=frozenset(stages[version_id]),
        )
        for arn, version_id, sealed, binary, created_at, digest in facts.values()
    ]
