"""Promise 9: settings are read once and checked at start; what is unknown or unsafe together is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable, write_private
from ostiary.app.settings import ServeSettings, SettingsRefused, check, parse_listen, read_stored, remember
from parts.certificates import write_certificate

SAFE = ServeSettings(
    data=Path("data"), host="127.0.0.1", port=8480, database_url="", issuer="http://127.0.0.1:8480", workers=1
)
PROXIED = replace(SAFE, behind_proxy=True, trusted_hops=("10.0.0.1",), issuer="https://id.example.org")


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, Any]:
    certificate, key = write_certificate(tmp_path)
    return {"tls_cert": certificate, "tls_key": key}


def test_safe_settings_pass() -> None:
    assert check(SAFE) is SAFE
    check(PROXIED)
    check(replace(PROXIED, host="0.0.0.0"))  # noqa: S104 - a proxy stands before it
    check(replace(SAFE, development=True))
    check(replace(SAFE, host="::1", issuer="http://[::1]:8480"))
    check(replace(SAFE, host="localhost", issuer="http://localhost:8480"))


def test_tls_passes_on_any_address(tls: dict[str, Any]) -> None:
    check(replace(SAFE, host="0.0.0.0", issuer="https://id.example.org", **tls))  # noqa: S104 - with TLS


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "plain HTTP on every address": ({"host": "0.0.0.0"}, "plain HTTP on `0.0.0.0`"),  # noqa: S104 - refused
    "plain HTTP on an address of the network": ({"host": "192.0.2.7"}, "plain HTTP on `192.0.2.7`"),
    "plain HTTP on a name": ({"host": "id.example.org"}, "plain HTTP on `id.example.org`"),
    "plain HTTP on a name that looks local": ({"host": "127.0.0.1.example.org"}, "plain HTTP"),
    "a certificate without its key": ({"tls_cert": Path("a.pem")}, "belong together"),
    "a key without its certificate": ({"tls_key": Path("a.pem")}, "belong together"),
    "a certificate that is not there": (
        {"tls_cert": Path("absent.pem"), "tls_key": Path("absent.key"), "issuer": "https://id.example.org"},
        "`absent.pem` is not a file",
    ),
    "development on every address": ({"development": True, "host": "0.0.0.0"}, "loopback only"),  # noqa: S104 - refused
    "development behind a proxy": (
        {"development": True, "behind_proxy": True, "trusted_hops": ("10.0.0.1",)},
        "loopback only",
    ),
    "a proxy without trusted hops": ({"behind_proxy": True, "issuer": "https://id.example.org"}, "--trusted-hop"),
    "trusted hops without a proxy": ({"trusted_hops": ("10.0.0.1",)}, "only with --behind-proxy"),
    "a proxy without an https issuer": ({"behind_proxy": True, "trusted_hops": ("10.0.0.1",)}, "needs --issuer https"),
    "everybody a trusted hop": (
        {"behind_proxy": True, "trusted_hops": ("10.0.0.1", "0.0.0.0/0"), "issuer": "https://id.example.org"},
        "believe everybody",
    ),
    "everybody a trusted hop by IPv6": (
        {"behind_proxy": True, "trusted_hops": ("::/0",), "issuer": "https://id.example.org"},
        "believe everybody",
    ),
    "a trusted hop that is a name": (
        {"behind_proxy": True, "trusted_hops": ("proxy.example.org",), "issuer": "https://id.example.org"},
        "`proxy.example.org` is not an address",
    ),
    "a network with host bits": ({"metrics_networks": ("10.0.0.1/8",)}, "is not an address or a network"),
    "a plain issuer off loopback": ({"issuer": "http://id.example.org"}, "must be https, except on loopback"),
    "an issuer of another scheme": ({"issuer": "ftp://id.example.org"}, "must be https"),
    "an issuer that is no address": ({"issuer": "https://[::1"}, "is not an address"),
    "an issuer with a port that is none": ({"issuer": "https://id.example.org:99999"}, "is not an address"),
    "an issuer without a host": ({"issuer": "https://"}, "scheme and host only"),
    "an issuer with a path": ({"issuer": "https://id.example.org/ostiary"}, "scheme and host only"),
    "an issuer with an empty query": ({"issuer": "https://id.example.org?"}, "scheme and host only"),
    "an issuer with a user": ({"issuer": "https://a@id.example.org"}, "scheme and host only"),
    "an issuer with a password": ({"issuer": "https://:b@id.example.org"}, "scheme and host only"),
    "an issuer that nobody can reach": ({"issuer": "https://0.0.0.0:8480"}, "give --issuer"),
    "no workers": ({"workers": 0}, "--workers"),
    "too many workers": ({"workers": 65}, "--workers"),
    "no threads": ({"threads": 0}, "--threads"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_unsafe_settings_are_refused(what: str) -> None:
    changes, text = REFUSED[what]
    with pytest.raises(SettingsRefused, match=text.replace("[", r"\[")):
        check(replace(SAFE, **changes))  # type: ignore[arg-type]


def test_development_with_tls_is_refused(tls: dict[str, Any]) -> None:
    with pytest.raises(SettingsRefused, match="loopback only"):
        check(replace(SAFE, development=True, **tls))


def test_tls_with_a_plain_issuer_is_refused(tls: dict[str, Any]) -> None:
    with pytest.raises(SettingsRefused, match="must be https when this server speaks TLS"):
        check(replace(SAFE, **tls))


def test_a_certificate_and_another_key_are_refused(tls: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    _, other = write_certificate(tmp_path / "other")
    with pytest.raises(SettingsRefused, match="are not a PEM certificate chain and its unencrypted private key"):
        check(replace(SAFE, issuer="https://id.example.org", tls_cert=tls["tls_cert"], tls_key=other))


def test_a_private_key_that_everybody_may_read_is_refused(tls: dict[str, Any]) -> None:
    tls["tls_key"].chmod(0o644)
    with pytest.raises(SettingsRefused, match="chmod it to 600"):
        check(replace(SAFE, issuer="https://id.example.org", **tls))


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(tls: dict[str, Any], tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    tls["tls_key"].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    with pytest.raises(SettingsRefused, match="unencrypted"):
        check(replace(SAFE, issuer="https://id.example.org", **tls))


@pytest.mark.parametrize("text", ["8480", ":8480", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "a:8\u00b2", "a:-1"])
def test_an_address_to_listen_on_is_host_and_port(text: str) -> None:
    with pytest.raises(SettingsRefused, match="is not HOST:PORT"):
        parse_listen(text)


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert parse_listen("[::1]:8480") == ("::1", 8480)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('isuer = "https://id.example.org"', "unknown key `isuer`: known are "),
        ("[issuer]\nname = 1", "`issuer` in .* must be text"),
        ("workers = 4", "unknown key `workers`"),
        ("issuer = ", "is not TOML"),
        ("issuer = '\xff'", "is not TOML"),
    ],
)
def test_stored_settings_with_unknown_keys_are_refused(tmp_path: Path, content: str, text: str) -> None:
    (tmp_path / "ostiary.toml").write_bytes(content.encode("latin-1"))
    (tmp_path / "ostiary.toml").chmod(0o600)
    with pytest.raises(SettingsRefused, match=text):
        read_stored(DataDirectory(tmp_path))


def test_stored_settings_that_others_may_read_are_refused(tmp_path: Path) -> None:
    """They may hold the database's password."""
    (tmp_path / "ostiary.toml").write_text('database_url = "postgresql://a:b@db/ostiary"')
    (tmp_path / "ostiary.toml").chmod(0o640)
    with pytest.raises(SettingsRefused, match="chmod it to 600"):
        read_stored(DataDirectory(tmp_path))


@pytest.mark.parametrize("url", ["postgresql://a:b@h/d", 'postgresql://a:"\\@h/d', "postgresql://ä:ö@h/d"])
def test_what_is_remembered_is_read_again_as_it_was(tmp_path: Path, url: str) -> None:
    remember(DataDirectory(tmp_path), database_url=url)
    assert read_stored(DataDirectory(tmp_path)).database_url == url
    assert (tmp_path / "ostiary.toml").stat().st_mode & 0o777 == 0o600


def test_a_setting_that_would_break_the_file_is_not_remembered(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="characters that cannot be kept"):
        remember(DataDirectory(tmp_path), database_url='postgresql://h/d"\nissuer = "https://evil.example')
    assert read_stored(DataDirectory(tmp_path)).database_url == ""


# --- the data directory ----------------------------------------------------------------------------------------------


def test_a_root_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    directory.create()
    assert directory.root_key_file.stat().st_mode & 0o777 == 0o600
    directory.root_key_file.chmod(0o640)
    with pytest.raises(DataDirectoryUnusable, match="may be read by others"):
        directory.root_key()


def test_a_directory_without_a_root_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryUnusable, match="run `ostiary init"):
        DataDirectory(tmp_path).root_key()


def test_a_root_key_that_is_none_is_refused_without_showing_it(tmp_path: Path) -> None:
    write_private(tmp_path / "root.key", "not-a-root-key")
    with pytest.raises(DataDirectoryUnusable, match="does not hold a root key") as refused:
        DataDirectory(tmp_path).root_key()
    assert "not-a-root-key" not in str(refused.value)


def test_an_organization_is_never_overwritten(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.create()
    before = directory.root_key_file.read_bytes()
    with pytest.raises(DataDirectoryUnusable, match="already holds an organization"):
        directory.create()
    assert directory.root_key_file.read_bytes() == before
