"""Which slices of a transaction do the services of this room use together?"""

from __future__ import annotations

from typing import Protocol

from ostiary.domain.audit.last_use import LastUseSlice
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.secrets.ports import SecretSlice


class SecretChanges(SecretSlice, AuditSlice, Protocol): ...


class SecretReads(SecretSlice, LastUseSlice, Protocol): ...
