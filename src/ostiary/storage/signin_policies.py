"""How is the table of sign-in policies kept? What a policy leaves unsaid is not in its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import msgspec
from sqlalchemy import Connection, delete, select

from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from ostiary.storage.facts import put
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import sign_in_policy

_ALL = select(sign_in_policy).order_by(*sign_in_policy.primary_key)
_KEY = ("kind", "name")


class SignInPolicyTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def signin_policies(self) -> Sequence[SignInPolicy]:
        return [
            msgspec.convert(
                {**msgspec.json.decode(row["settings"]), "kind": row["kind"].value, "name": row["name"]}, SignInPolicy
            )
            for row in self._connection.execute(_ALL).mappings()
        ]

    def put_signin_policy(self, policy: SignInPolicy) -> None:
        said = {
            field.name: value
            for field in fields(policy)
            if field.name not in _KEY and (value := getattr(policy, field.name)) is not None
        }
        row = {"kind": policy.kind, "name": policy.name, "settings": msgspec.json.encode(said).decode()}
        put(self._connection, sign_in_policy, row)
        raise_generation(self._connection, Topic.SIGNIN)

    def delete_signin_policy(self, kind: ScopeKind, name: str) -> None:
        mine = (sign_in_policy.c.kind == kind) & (sign_in_policy.c.name == name)
        self._connection.execute(delete(sign_in_policy).where(mine))
        raise_generation(self._connection, Topic.SIGNIN)
