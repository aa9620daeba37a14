"""How is it kept when a credential, role, secret or trust was used last?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from ostiary.domain.audit.last_use import LastUse, Used
from ostiary.storage.facts import insert_of, many, one, values_of
from ostiary.storage.schema import last_use

_REST = ("at", "source_ip", "operation", "service")
_OF_KIND = select(last_use).where(last_use.c.kind == bindparam("kind"))
_ONE = _OF_KIND.where(last_use.c.subject == bindparam("subject"))


class LastUseTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_last_uses(self, uses: Sequence[LastUse]) -> None:
        if not uses:
            return
        statement = insert_of(self._connection, last_use)
        # ORDER: every writer takes the rows in the same order, so that two nodes cannot wait for each other.
        rows = [values_of(use) for use in sorted(uses, key=lambda use: (use.kind.value, use.subject, use.at))]
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(last_use.primary_key),
                set_={name: statement.excluded[name] for name in _REST},
                where=statement.excluded.at >= last_use.c.at,
            ),
            rows,
        )

    def last_use(self, kind: Used, subject: str) -> LastUse | None:
        return one(self._connection, _ONE, LastUse, kind=kind, subject=subject)

    def last_uses(self, kind: Used) -> dict[str, LastUse]:
        return {use.subject: use for use in many(self._connection, _OF_KIND, LastUse, kind=kind)}
