"""What do secrets need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.secrets.model import Secret, SecretVersion, VersionFacts


class SecretRows(Protocol):
    def secret(self, account: str, name_or_arn: str) -> Secret | None:
        """By full ARN, by ARN without the six random characters, or by name."""
        ...

    def secrets(self, account: str, *, after_name: str = "", limit: int = 100) -> Sequence[Secret]:
        """In the order of the name, deleted ones included."""
        ...

    def put_secret(self, secret: Secret) -> None: ...

    def destroy_secret(self, arn: str) -> None:
        """The secret with all its versions, for ever."""
        ...

    def due_for_destruction(self, now: datetime) -> Sequence[Secret]: ...

    def versions(self, arn: str) -> Sequence[SecretVersion]:
        """Newest first."""
        ...

    def version_facts(self, arns: Sequence[str]) -> Sequence[VersionFacts]:
        """Of all versions of these secrets, newest first, without reading a value."""
        ...

    def version(self, arn: str, *, version_id: str | None = None, stage: str | None = None) -> SecretVersion | None: ...

    def put_version(self, version: SecretVersion) -> None: ...

    def move_stages(self, arn: str, stages_by_version: dict[str, frozenset[str]]) -> None:
        """Set the stages of the named versions; a stage is on one version at a time."""
        ...

    def delete_version(self, arn: str, version_id: str) -> None: ...


class SecretSlice(Protocol):
    @property
    def secrets(self) -> SecretRows: ...
