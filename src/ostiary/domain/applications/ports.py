"""What do applications need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.applications.model import Application, ClientSecret


class ApplicationRows(Protocol):
    def applications(self) -> Sequence[Application]: ...

    def put_application(self, application: Application) -> None: ...

    def delete_application(self, client_id: str) -> None: ...

    def client_secrets(self) -> Sequence[ClientSecret]: ...

    def put_client_secret(self, secret: ClientSecret) -> None: ...

    def delete_client_secret(self, secret_id: str) -> None: ...

    def use_assertion(self, client_id: str, jti: str, *, now: datetime, expires_at: datetime) -> bool:
        """Remember a client assertion's `jti` until it expires; False when it was used already (RFC 7523 section 3)."""
        ...


class ApplicationSlice(Protocol):
    @property
    def applications(self) -> ApplicationRows: ...
