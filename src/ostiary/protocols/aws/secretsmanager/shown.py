"""How do the words of the house look as members of an answer?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ostiary.domain.secrets.listing import SecretEntry
from ostiary.domain.secrets.model import Secret, VersionFacts
from ostiary.domain.secrets.reading import Description, ReadValue, VersionEntry
from ostiary.domain.secrets.writing import Written
from ostiary.protocols.aws.wire.service import Output


def show_value(read: ReadValue) -> Output:
    key = "SecretBinary" if read.value.binary else "SecretString"
    return {
        "ARN": read.secret.arn,
        "Name": read.secret.name,
        "VersionId": read.version.version_id,
        key: read.value.data if read.value.binary else read.value.text(),
        "VersionStages": sorted(read.version.stages),
        "CreatedDate": read.version.created_at,
    }


def show_written(written: Written) -> Output:
    return {**show_name(written.secret), "VersionId": written.version_id}


def show_name(secret: Secret) -> Output:
    return {"ARN": secret.arn, "Name": secret.name}


def show_description(described: Description) -> Output:
    secret = described.secret
    return {
        **_metadata(secret),
        "LastAccessedDate": described.accessed_on,
        "DeletedDate": secret.deletion_at,
        "VersionIdsToStages": _stages(described.versions),
    }


def show_entry(entry: SecretEntry) -> Output:
    return {
        **_metadata(entry.secret),
        "LastAccessedDate": entry.accessed_on,
        "DeletedDate": entry.secret.deleted_at,
        "SecretVersionsToStages": _stages(entry.versions),
    }


def show_version(entry: VersionEntry) -> Output:
    facts = entry.facts
    return {
        "VersionId": facts.version_id,
        "VersionStages": sorted(facts.stages) or None,
        "LastAccessedDate": entry.accessed_on,
        "CreatedDate": facts.created_at,
        "KmsKeyIds": ["DefaultEncryptionKey"],
    }


def _metadata(secret: Secret) -> Output:
    return {
        **show_name(secret),
        "Description": secret.description or None,
        "Tags": _tags(secret.tags),
        "CreatedDate": secret.created_at,
        "LastChangedDate": secret.changed_at,
    }


def _tags(tags: Mapping[str, str]) -> Sequence[Output]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _stages(versions: Iterable[VersionFacts]) -> Mapping[str, list[str]] | None:
    return {version.version_id: sorted(version.stages) for version in versions} or None
