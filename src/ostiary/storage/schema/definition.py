"""Of what are tables made? One naming of constraints, and a short word for each kind of column.

Times are microseconds since 1970 UTC; ids are text; sealed and hashed values are bytes; JSON texts are kept as
text. A column ending in `_hash` can only be compared, one beginning with `sealed` only be opened under the root key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData
from sqlalchemy.types import TypeEngine

from ostiary.storage.columns import EnumT, Moment, Named, StoredText, TextMap, TextTuple

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself when the key is exactly INTEGER.
RowNumber: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


def text(name: str) -> Column[str]:
    return Column(name, StoredText, nullable=False)


def text_key(name: str) -> Column[str]:
    return Column(name, StoredText, primary_key=True)


def whole(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def octets(name: str, *, key: bool = False, unique: bool | None = None) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False, primary_key=key, unique=unique)


def named(name: str, members: type[EnumT], *, key: bool = False) -> Column[EnumT]:
    return Column(name, Named(members), nullable=False, primary_key=key)


def text_map(name: str) -> Column[Mapping[str, str]]:
    return Column(name, TextMap, nullable=False)


def texts(name: str) -> Column[tuple[str, ...]]:
    return Column(name, TextTuple, nullable=False)


def of_person(*, key: bool = False) -> Column[str]:
    """The person whose row this is: it goes with her."""
    reference = ForeignKey("person.person_id", ondelete="CASCADE")
    return Column("person_id", StoredText, reference, nullable=False, primary_key=key, index=None if key else True)
