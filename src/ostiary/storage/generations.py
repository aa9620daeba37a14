"""Has anything changed that memory holds? One number per topic, raised in the transaction of every change."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from ostiary.storage.schema import generation

_RAISED = "ostiary.generation-raised"


class Topic(StrEnum):
    DIRECTORY = "directory"  # accounts, directories, attribute definitions, workloads; not people
    KEYS = "keys"
    ACCESS = "access"
    APPLICATIONS = "applications"
    SIGNIN = "signin"  # sign-in policies
    FEDERATION = "federation"
    ACCESS_KEYS = "access-keys"  # of IAM users
    EPOCHS = "epochs"
    SECRETS = "secrets"
    EVERYTHING = "everything"  # a backup was restored: whatever is remembered is void


def raise_generation(connection: Connection, topic: Topic) -> int:
    """The new number; callers run inside a write, which is serial or serializable."""
    connection.info[_RAISED] = True
    raised = connection.execute(
        update(generation).where(generation.c.topic == topic.value).values(number=generation.c.number + 1)
    )
    if raised.rowcount == 0:
        connection.execute(insert(generation).values(topic=topic.value, number=1))
    number: int = connection.execute(select(generation.c.number).where(generation.c.topic == topic.value)).scalar_one()
    return number


def take_raised(connection: Connection) -> bool:
    """Whether a generation was raised through this connection since the last time that this was asked."""
    return connection.info.pop(_RAISED, False) is True


class GenerationTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self) -> dict[str, int]:
        rows = self._connection.execute(select(generation.c.topic, generation.c.number))
        return {topic: number for topic, number in rows}  # noqa: C416 - dict() does not know that a row is a pair
