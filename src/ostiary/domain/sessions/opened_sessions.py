"""Must a session token be opened again for each of the many requests that one credential signs?

Opening is a pure function of token and keys, so its result is kept in memory while these keys are in force. Time,
revocation and role are looked at on every request, by others.
"""

from __future__ import annotations

import threading

from ostiary.domain.sessions.role_session import RoleSession, unseal
from ostiary.kit.crypto.session_token import SessionTokenKeys
from ostiary.kit.redaction import Secret

_MOST = 2048


class OpenedSessions:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: SessionTokenKeys | None = None
        self._opened: dict[tuple[str, str], tuple[RoleSession, Secret]] = {}

    def open(self, keys: SessionTokenKeys, token: str, *, access_key_id: str) -> tuple[RoleSession, Secret]:
        """As `unseal`. Only what opened is kept, so that junk cannot push it out."""
        # INVARIANT: what was opened under keys that are gone is gone with them; key and map change together.
        with self._lock:
            if self._keys is not keys:
                self._keys, self._opened = keys, {}
            opened = self._opened
        found = opened.get((access_key_id, token))
        if found is None:
            found = unseal(keys, token, access_key_id=access_key_id)
            with self._lock:
                if len(opened) >= _MOST:
                    opened.clear()
                opened[access_key_id, token] = found
        return found
