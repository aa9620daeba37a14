"""Is the operator's database of places read as it is meant, and refused at the start when it is none?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ostiary.app.data_directory import DataDirectory, write_private
from ostiary.app.places import PlacesFile, check_places, places_of
from ostiary.app.settings import SettingsRefused
from ostiary.domain.risk.places import NoPlaces, Place
from parts.places_file import place, write_places

NETWORKS = {
    "192.0.2.0/24": place("CH", "Bern", (46.95, 7.45)),
    "198.51.100.7/32": place("US", "New\x1b York" + "!" * 200, (40.7, -740.0), is_anonymous_proxy=True),
    "203.0.113.0/24": {"country": "no map", "location": {"latitude": "north"}},
    "2001:db8::/32": place("JP"),
}


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    write_places(tmp_path / "places.mmdb", NETWORKS)
    return with_setting(tmp_path, "places.mmdb")


def with_setting(folder: Path, name: str) -> DataDirectory:
    directory = DataDirectory(folder)
    write_private(directory.settings_file, f'geoip_database = "{name}"\n')
    return directory


def test_places_are_found_for_both_kinds_of_addresses(directory: DataDirectory) -> None:
    check_places(directory)
    places = places_of(directory)
    assert places.find("192.0.2.77") == Place("CH", "Bern", 46.95, 7.45)
    assert str(places.find("192.0.2.77")) == "Bern, CH"
    assert places.find("2001:db8:1::2") == Place("JP")


@pytest.mark.parametrize("address", ["192.0.3.1", "::1", "", "unknown", "192.0.2", "%00"])
def test_what_is_not_known_is_nowhere(directory: DataDirectory, address: str) -> None:
    assert places_of(directory).find(address) is None


def test_odd_values_of_a_database_are_left_out(directory: DataDirectory) -> None:
    places = places_of(directory)
    odd = places.find("198.51.100.7")
    assert odd is not None
    assert (len(odd.city), odd.city.isprintable(), odd.longitude, odd.anonymous) == (79, True, None, True)
    assert places.find("203.0.113.9") == Place()


def test_without_the_setting_no_place_is_known(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    check_places(directory)
    assert isinstance(places_of(directory), NoPlaces)


@pytest.mark.parametrize(("name", "text"), [("absent.mmdb", "cannot be read"), ("notes.txt", "no database")])
def test_a_database_that_is_none_is_refused_at_the_start(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "notes.txt").write_text("not a database " * 100)
    with pytest.raises(SettingsRefused, match=text):
        check_places(with_setting(tmp_path, name))


def test_a_database_that_broke_keeps_nobody_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "broken.mmdb").write_bytes(b"broken")
    places = PlacesFile(tmp_path / "broken.mmdb")
    assert places.find("192.0.2.1") is None
    assert places.find("192.0.2.1") is None
    assert len(caplog.records) == 1
