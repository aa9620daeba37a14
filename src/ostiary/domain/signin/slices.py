"""Which facts does signing in touch? All changes of one step are one transaction over these slices."""

from __future__ import annotations

from typing import Protocol

from ostiary.domain.applications.ports import ApplicationSlice
from ostiary.domain.audit.last_use import LastUseSlice
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.mail.ports import MailSlice
from ostiary.domain.risk.ports import RiskSlice
from ostiary.domain.sessions.ports import SessionSlice
from ostiary.domain.tokens.ports import TokenSlice


class SigninSlice(
    DirectorySlice,
    CredentialSlice,
    SessionSlice,
    TokenSlice,
    ApplicationSlice,
    MailSlice,
    RiskSlice,
    LastUseSlice,
    AuditSlice,
    Protocol,
): ...
