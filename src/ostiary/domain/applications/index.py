"""Which application is this, and what proves it? All of them in memory, built anew when one changes.

An application whose registration does not hold (edited in the database, made by a laxer version) is not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from ostiary.domain.applications.builtin import BUILT_IN
from ostiary.domain.applications.errors import InvalidApplication
from ostiary.domain.applications.model import Application, ClientSecret
from ostiary.domain.applications.ports import ApplicationSlice
from ostiary.domain.applications.registration import check_application, registered_keys
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.kit.crypto.jose import KeySet


class ApplicationIndexSlice(ApplicationSlice, DirectorySlice, Protocol): ...


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """An application with what verifies its proofs; `keys` are those of private_key_jwt."""

    application: Application
    secrets: tuple[ClientSecret, ...] = ()
    keys: KeySet | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ApplicationIndex:
    """`account` is the organization's, in which applications act; `unusable` says why, by client id."""

    account: str = ""
    by_client_id: Mapping[str, Registered] = field(default_factory=lambda: MappingProxyType({}))
    unusable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def registered(self, client_id: str) -> Registered | None:
        """None for an application that is disabled, too: it may do nothing."""
        found = self.by_client_id.get(client_id)
        return found if found is not None and found.application.enabled else None


def load_application_index(tx: ApplicationIndexSlice) -> ApplicationIndex:
    organization = tx.directory.organization()
    secrets: dict[str, list[ClientSecret]] = defaultdict(list)
    for secret in tx.applications.client_secrets():
        secrets[secret.client_id].append(secret)
    usable: dict[str, Registered] = {}
    unusable: dict[str, str] = {}
    rows = {application.client_id: application for application in tx.applications.applications()}
    for application in {**BUILT_IN, **rows}.values():
        client_id = application.client_id
        try:
            check_application(application)
            usable[client_id] = Registered(application, tuple(secrets[client_id]), registered_keys(application))
        except InvalidApplication as refused:
            unusable[client_id] = refused.operator_text
    return ApplicationIndex(organization.account if organization is not None else "", usable, unusable)
