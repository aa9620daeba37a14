"""When was a secret, or one of its versions, read last? By day, as AWS tells it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.last_use import LastUse, LastUseLog, LastUseRows, Used
from ostiary.domain.secrets.model import SecretVersion

_OPERATION = "GetSecretValue"


def note_access(log: LastUseLog, caller: Caller, version: SecretVersion, at: datetime) -> None:
    source_ip = caller.origin.source_ip
    log.note(LastUse(Used.SECRET, version.arn, at, source_ip, _OPERATION, "secretsmanager"))
    subject = _subject(version.arn, version.version_id)
    log.note(LastUse(Used.SECRET_VERSION, subject, at, source_ip, _OPERATION, "secretsmanager"))


def secret_accessed_on(rows: LastUseRows, log: LastUseLog, arn: str) -> datetime | None:
    return _latest_day(rows.last_use(Used.SECRET, arn), log.pending(Used.SECRET, arn))


def version_accessed_on(rows: LastUseRows, log: LastUseLog, arn: str, version_id: str) -> datetime | None:
    subject = _subject(arn, version_id)
    return _latest_day(rows.last_use(Used.SECRET_VERSION, subject), log.pending(Used.SECRET_VERSION, subject))


def _subject(arn: str, version_id: str) -> str:
    return f"{arn}:{version_id}"


def _latest_day(*uses: LastUse | None) -> datetime | None:
    return _day(use.at for use in uses if use is not None)


def _day(moments: Iterable[datetime]) -> datetime | None:
    latest = max(moments, default=None)
    return None if latest is None else latest.replace(hour=0, minute=0, second=0, microsecond=0)
