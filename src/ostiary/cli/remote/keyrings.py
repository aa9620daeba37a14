"""Is there a keyring of the system that keeps secrets for this person, and what is in it?

Only one that the system itself protects: the libraries' stand-ins (none, null, a plain file) are not taken. It may be
locked or fail at any moment; then the file takes its place, and nothing is lost but the keyring.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

SERVICE = "ostiary"
_PROTECTED = 1  # what `keyring` gives to backends that it recommends; stand-ins and plain files have less


class Keyring(Protocol):
    """One text for each server."""

    def get(self, server: str) -> str | None: ...

    def put(self, server: str, text: str) -> bool:
        """False when it would not take it."""
        ...

    def delete(self, server: str) -> None: ...


class SystemKeyring:
    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def get(self, server: str) -> str | None:
        try:
            text = self._backend.get_password(SERVICE, server)
        except Exception:  # noqa: BLE001 - backends raise what their system gives them
            return None
        return text if isinstance(text, str) else None

    def put(self, server: str, text: str) -> bool:
        try:
            self._backend.set_password(SERVICE, server, text)
        except Exception:  # noqa: BLE001 - as above
            return False
        return True

    def delete(self, server: str) -> None:
        try:
            self._backend.delete_password(SERVICE, server)
        except Exception:  # noqa: BLE001 - as above; what is not there need not be deleted
            return


def system_keyring() -> Keyring | None:
    """Loaded here, because looking for backends is slow and only sign-in needs it."""
    try:
        backend = importlib.import_module("keyring").get_keyring()
    except Exception:  # noqa: BLE001 - a keyring that cannot even be looked for is none
        return None
    # Several backends come as one that asks each: the first of them takes what is new.
    first = next(iter(getattr(backend, "backends", ())), backend)
    return SystemKeyring(first) if getattr(first, "priority", 0) >= _PROTECTED else None
