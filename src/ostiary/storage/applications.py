"""How are applications, their secrets and their used assertions kept?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, delete, select

from ostiary.domain.applications.model import Application, ClientSecret
from ostiary.storage.columns import json_text
from ostiary.storage.facts import insert_of, many, put, values_of
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import application, client_secret, consent, used_assertion

_APPLICATIONS = select(application).order_by(application.c.client_id)
_CLIENT_SECRETS = select(client_secret).order_by(client_secret.c.secret_id)


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is never searched by: kept together as JSON in the column `settings`."""

    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    groups: tuple[str, ...]
    audience: str
    jwks: str
    id_token_alg: str
    claims: tuple[str, ...]
    launch_url: str
    description: str
    everyone: bool = False
    device_flow: bool = False
    ends_with_session: bool = False
    consent: bool = False


class ApplicationTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def applications(self) -> Sequence[Application]:
        return [_application(row) for row in self._connection.execute(_APPLICATIONS).mappings()]

    def put_application(self, application_: Application) -> None:
        values = values_of(application_)
        values["settings"] = json_text({name: values.pop(name) for name in _Settings.__struct_fields__})
        put(self._connection, application, values)
        raise_generation(self._connection, Topic.APPLICATIONS)

    def delete_application(self, client_id: str) -> None:
        """With its secrets, and what people agreed to."""
        self._connection.execute(delete(application).where(application.c.client_id == client_id))
        self._connection.execute(delete(consent).where(consent.c.client_id == client_id))
        raise_generation(self._connection, Topic.APPLICATIONS)

    def client_secrets(self) -> Sequence[ClientSecret]:
        return many(self._connection, _CLIENT_SECRETS, ClientSecret)

    def put_client_secret(self, secret: ClientSecret) -> None:
        put(self._connection, client_secret, secret)
        raise_generation(self._connection, Topic.APPLICATIONS)

    def delete_client_secret(self, secret_id: str) -> None:
        self._connection.execute(delete(client_secret).where(client_secret.c.secret_id == secret_id))
        raise_generation(self._connection, Topic.APPLICATIONS)

    def use_assertion(self, client_id: str, jti: str, *, now: datetime, expires_at: datetime) -> bool:
        statement = insert_of(self._connection, used_assertion)
        used = self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(used_assertion.primary_key),
                set_={"expires_at": statement.excluded.expires_at},
                where=used_assertion.c.expires_at <= now,
            ),
            {"client_id": client_id, "jti": jti, "expires_at": expires_at},
            execution_options={"preserve_rowcount": True},
        )
        return used.rowcount == 1


def _application(row: RowMapping) -> Application:
    values = dict(row)
    settings = msgspec.json.decode(values.pop("settings"), type=_Settings)
    return Application(**values, **msgspec.structs.asdict(settings))
