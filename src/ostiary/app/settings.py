"""Which settings does a server run with? Read once, checked at start; what is unknown or unsafe is refused."""

from __future__ import annotations

import ipaddress
import re
import ssl
import stat
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

from ostiary.app.data_directory import DataDirectory, write_private

DEFAULT_LISTEN = "127.0.0.1:8480"
_LOOPBACK_NAMES = frozenset({"localhost"})
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,63}")
_OTHER_HEADERS = (
    *("accept", "authorization", "content-", "cookie", "forwarded", "host", "origin", "referer", "sec-", "user-agent"),
    *("x-amz", "x-forwarded", "x-request"),
)
_MAX_WORKERS = 64
_MAX_THREADS = 1024


class SettingsRefused(Exception):
    """The text tells the operator which setting to change."""


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """What `ostiary.toml` in the data directory may hold."""

    database_url: str = ""
    issuer: str = ""
    smtp_url: str = ""
    smtp_password_file: str = ""
    smtp_ca_file: str = ""
    mail_from: str = ""
    password_milliseconds: str = ""
    common_passwords: str = ""
    leaked_passwords: str = ""
    geoip_database: str = ""
    authenticator_roots: str = ""
    posture_header: str = ""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """`trusted_hops` are networks of proxies whose forwarding headers are believed; only with `behind_proxy`."""

    data: Path
    host: str
    port: int
    database_url: str
    issuer: str
    workers: int = 1
    threads: int = 32
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    trusted_hops: tuple[str, ...] = ()
    metrics_networks: tuple[str, ...] = field(default=("127.0.0.0/8", "::1/128"))
    development: bool = False

    @property
    def tls(self) -> bool:
        return self.tls_cert is not None

    @property
    def secure(self) -> bool:
        """Whether people and machines reach this server over https."""
        return self.issuer.startswith("https://")


def read_stored(directory: DataDirectory) -> StoredSettings:
    path = directory.settings_file
    if not path.exists():
        return StoredSettings()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsRefused(f"`{path}` may hold a password and may be read by others: chmod it to 600")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise SettingsRefused(f"`{path}` is not TOML: {failure}") from failure
    known = {f.name for f in fields(StoredSettings)}
    for key, value in content.items():
        if key not in known:
            raise SettingsRefused(f"`{path}` has the unknown key `{key}`: known are {', '.join(sorted(known))}")
        if not isinstance(value, str):
            raise SettingsRefused(f"`{key}` in `{path}` must be text: write it in quotes")
    return StoredSettings(**content)


def write_stored(directory: DataDirectory, settings: StoredSettings) -> None:
    for f in fields(settings):
        if not getattr(settings, f.name).isprintable():
            raise SettingsRefused(f"`{f.name}` has characters that cannot be kept in `{directory.settings_file}`")
    lines = [f"{f.name} = {_toml_text(value)}" for f in fields(settings) if (value := getattr(settings, f.name))]
    write_private(directory.settings_file, "\n".join(lines) + "\n")


def remember(directory: DataDirectory, *, database_url: str = "", issuer: str = "") -> StoredSettings:
    stored = read_stored(directory)
    changed = replace(stored, database_url=database_url or stored.database_url, issuer=issuer or stored.issuer)
    if changed != stored:
        write_stored(directory, changed)
    return changed


def database_url(directory: DataDirectory, given: str = "") -> str:
    """The one given, else the stored one, else the embedded database of the data directory."""
    return given or read_stored(directory).database_url or f"sqlite:///{directory.database_file.resolve()}"


def posture_header(directory: DataDirectory, settings: ServeSettings) -> str:
    """In which header trusted hops say what they know of a device; empty: none. Raises SettingsRefused."""
    name = read_stored(directory).posture_header
    if not name:
        return ""
    if not _HEADER.fullmatch(name) or name.lower().startswith(_OTHER_HEADERS):
        raise SettingsRefused(f"posture_header: `{name}` is no header of its own, such as Ostiary-Device-Posture")
    if not settings.trusted_hops:
        raise SettingsRefused("posture_header means something only with --behind-proxy and --trusted-hop")
    return name


def parse_listen(text: str) -> tuple[str, int]:
    """`HOST:PORT`, with IPv6 in brackets. Raises SettingsRefused."""
    host, separator, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:  # noqa: PLR2004 - ports
        raise SettingsRefused(f"`{text}` is not HOST:PORT, for instance {DEFAULT_LISTEN}")
    return host, int(port)


def check(settings: ServeSettings) -> ServeSettings:
    """The same settings when they are safe together. Raises SettingsRefused (promise 9)."""
    _check_transport(settings)
    _check_issuer_of(settings)
    if not 1 <= settings.workers <= _MAX_WORKERS:
        raise SettingsRefused(f"--workers must be 1 to {_MAX_WORKERS}")
    if not 1 <= settings.threads <= _MAX_THREADS:
        raise SettingsRefused(f"--threads must be 1 to {_MAX_THREADS}")
    for network in settings.trusted_hops:
        if _network(network).prefixlen == 0:
            raise SettingsRefused(
                f"--trusted-hop {network} would believe everybody's forwarding headers: name the proxy"
            )
    for network in settings.metrics_networks:
        _network(network)
    return settings


def is_loopback(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as failure:
        raise SettingsRefused(f"`{text}` is not an address or a network such as 10.0.0.0/8") from failure


def _check_transport(settings: ServeSettings) -> None:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise SettingsRefused("--tls-cert and --tls-key belong together")
    if settings.tls_cert is not None and settings.tls_key is not None:
        _check_certificate(settings.tls_cert, settings.tls_key)
    if settings.development and (settings.tls or settings.behind_proxy or not is_loopback(settings.host)):
        raise SettingsRefused("--development is for loopback only: without TLS, without a proxy, on 127.0.0.1 or [::1]")
    if settings.behind_proxy and not settings.trusted_hops:
        raise SettingsRefused("--behind-proxy needs --trusted-hop NETWORK for each proxy whose headers are believed")
    if settings.trusted_hops and not settings.behind_proxy:
        raise SettingsRefused("--trusted-hop means something only with --behind-proxy")
    if not settings.tls and not settings.behind_proxy and not is_loopback(settings.host):
        raise SettingsRefused(
            f"plain HTTP on `{settings.host}` would show passwords to the network: give --tls-cert and --tls-key,"
            " or --behind-proxy with --trusted-hop, or listen on 127.0.0.1"
        )


def _check_certificate(certificate: Path, key: Path) -> None:
    """Tried before the start: the web server's own words would not say which of the two is wrong."""
    for path in (certificate, key):
        if not path.is_file():
            raise SettingsRefused(f"`{path}` is not a file")
    if stat.S_IMODE(key.stat().st_mode) & 0o007:
        raise SettingsRefused(f"the private key `{key}` may be read by everybody: chmod it to 600")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as failure:  # ssl.SSLError is an OSError
        raise SettingsRefused(
            f"`{certificate}` and `{key}` are not a PEM certificate chain and its unencrypted private key"
        ) from failure


def _no_password() -> str:
    raise ValueError("an encrypted key needs somebody at the keyboard at every start")


def check_issuer(issuer: str) -> None:
    """Raises SettingsRefused for an address that this server cannot have, however it listens."""
    try:
        parts = urlsplit(issuer)
        host, _port = parts.hostname or "", parts.port
    except ValueError as failure:
        raise SettingsRefused(f"the issuer `{issuer}` is not an address") from failure
    plain = parts.scheme == "http" and is_loopback(host)
    if not host or "@" in parts.netloc or f"{parts.scheme}://{parts.netloc}" != issuer:
        raise SettingsRefused(f"the issuer `{issuer}` must be scheme and host only, such as https://id.example.org")
    if _is_any_address(host):
        raise SettingsRefused(f"nobody can reach `{issuer}`: give --issuer with the name that people use")
    if parts.scheme != "https" and not plain:
        raise SettingsRefused(f"the issuer `{issuer}` must be https, except on loopback")


def _check_issuer_of(settings: ServeSettings) -> None:
    check_issuer(settings.issuer)
    if settings.behind_proxy and not settings.secure:
        raise SettingsRefused("--behind-proxy needs --issuer https://..., the address by which the proxy is reached")
    if settings.tls and not settings.secure:
        raise SettingsRefused(f"the issuer `{settings.issuer}` must be https when this server speaks TLS")


def _is_any_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _toml_text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
