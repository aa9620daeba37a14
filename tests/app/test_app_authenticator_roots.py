"""Are the roots of authenticators' makers read as they are meant, and refused at the start when they are none?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ostiary.app.authenticator_roots import authenticator_roots
from ostiary.app.data_directory import DataDirectory, write_private
from ostiary.app.settings import SettingsRefused
from parts.software_authenticator import example_maker, make_maker


def with_setting(folder: Path, name: str) -> DataDirectory:
    directory = DataDirectory(folder)
    write_private(directory.settings_file, f'authenticator_roots = "{name}"\n')
    return directory


def test_every_certificate_of_the_file_is_a_root(tmp_path: Path) -> None:
    first, second = example_maker().root_pem, make_maker("Other Keys Root").root_pem
    (tmp_path / "makers.pem").write_bytes(b"# Example Keys\n" + first + second)
    assert authenticator_roots(with_setting(tmp_path, "makers.pem")) == (first, second)


def test_without_the_setting_there_are_none(tmp_path: Path) -> None:
    assert authenticator_roots(DataDirectory(tmp_path)) == ()


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"x" * (4 * 1024 * 1024 + 1)])
def test_a_file_that_is_none_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "makers.pem").write_bytes(content)
    directory = with_setting(tmp_path, "makers.pem")
    with pytest.raises(SettingsRefused, match="authenticator_roots"):
        authenticator_roots(directory)
