"""How are the keys of the server kept? Sealed, as they come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from ostiary.domain.credentials.model import ServerKey
from ostiary.storage.facts import many, put
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import server_key

_SERVER_KEYS = select(server_key).order_by(server_key.c.created_at, server_key.c.key_id)


class ServerKeyTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def server_keys(self) -> Sequence[ServerKey]:
        return many(self._connection, _SERVER_KEYS, ServerKey)

    def put_server_key(self, key: ServerKey) -> None:
        put(self._connection, server_key, key)
        raise_generation(self._connection, Topic.KEYS)

    def delete_server_key(self, key_id: str) -> None:
        self._connection.execute(delete(server_key).where(server_key.c.key_id == key_id))
        raise_generation(self._connection, Topic.KEYS)
