"""Where on earth is an address, says the operator's database in MaxMind's format (setting `geoip_database`)?

Any database with `country`, and `city` and `location` if it has them, will do; `traits.is_anonymous_proxy`,
`is_anonymous` and the like of other products are understood where they are. The file is mapped, not read: its size
costs no memory of its own. It is opened when it is asked first, so each worker has its own map.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import maxminddb

from ostiary.app.data_directory import DataDirectory
from ostiary.app.settings import SettingsRefused, read_stored
from ostiary.domain.risk.places import NoPlaces, Place, Places

log = logging.getLogger(__name__)
_LONGEST_NAME = 80
_ANONYMOUS = ("is_anonymous", "is_anonymous_proxy", "is_anonymous_vpn", "is_tor_exit_node", "is_public_proxy")


class PlacesFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._reader: maxminddb.Reader | None = None
        self._told = False

    def find(self, address: str) -> Place | None:
        try:
            found = self._opened().get(address)
        except ValueError:
            return None  # no address, or one of IPv6 in a database that has none
        except (OSError, maxminddb.InvalidDatabaseError) as failure:
            self._tell(failure)
            return None
        return _place_of(found) if isinstance(found, Mapping) else None

    def _opened(self) -> maxminddb.Reader:
        with self._lock:
            if self._reader is None:
                self._reader = maxminddb.open_database(str(self._path), maxminddb.MODE_MMAP)
            return self._reader

    def _tell(self, failure: Exception) -> None:
        """Once: a database that broke must not fill the log, and keeps nobody out."""
        if not self._told:
            self._told = True
            log.error(
                "geoip_database: `%s` cannot be used: %s; places are unknown until a restart", self._path, failure
            )


def places_of(directory: DataDirectory) -> Places:
    path = _path_in(directory)
    return PlacesFile(path) if path is not None else NoPlaces()


def check_places(directory: DataDirectory) -> None:
    """Raises SettingsRefused: a rule that counts on places must not run without them unnoticed."""
    path = _path_in(directory)
    if path is None:
        return
    try:
        with closing(maxminddb.open_database(str(path), maxminddb.MODE_MMAP)) as reader:
            reader.get("192.0.2.1")
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise SettingsRefused(f"geoip_database: `{path}` cannot be read: {reason}") from failure
    except (maxminddb.InvalidDatabaseError, ValueError) as failure:
        raise SettingsRefused(f"geoip_database: `{path}` is no database in MaxMind's format") from failure


def _path_in(directory: DataDirectory) -> Path | None:
    """Relative to the data directory."""
    named = read_stored(directory).geoip_database
    return directory.path / named if named else None


def _place_of(found: Mapping[str, Any]) -> Place:
    location, traits = _inner(found, "location"), _inner(found, "traits")
    return Place(
        country=_text(_inner(found, "country").get("iso_code")),
        city=_text(_inner(found, "city", "names").get("en")),
        latitude=_degrees(location.get("latitude"), 90),
        longitude=_degrees(location.get("longitude"), 180),
        anonymous=any(said.get(name) is True for said in (found, traits) for name in _ANONYMOUS),
    )


def _inner(found: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = found.get(name)
        if not isinstance(inner, Mapping):
            return {}
        found = inner
    return found


def _text(value: object) -> str:
    return "".join(c for c in value[:_LONGEST_NAME] if c.isprintable()) if isinstance(value, str) else ""


def _degrees(value: object, most: int) -> float | None:
    return float(value) if isinstance(value, int | float) and -most <= value <= most else None
