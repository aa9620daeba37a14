"""Which upstream providers may vouch for people, as the file wants it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ostiary.app.organization.document import Declared, UpstreamProviderEntry
from ostiary.app.organization.kept import ClientSecret, Key, ProviderWithSecret
from ostiary.app.organization.references import References
from ostiary.app.organization.wanted_doors import is_secure
from ostiary.domain.federation.upstream import UpstreamProvider, secret_identity

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_TAKEN_OVER = (
    *("name", "directory", "issuer", "client_id", "label", "scopes", "enabled", "max_age_minutes"),
    *("mfa_acr", "mfa_amr", "phishing_resistant_acr", "phishing_resistant_amr"),
)
_MAX_SECRET = 1024


def wanted_upstream_providers(refs: References) -> Mapping[Key, ProviderWithSecret]:
    wanted: dict[Key, ProviderWithSecret] = {}
    seen: dict[str, int] = {}
    clients: dict[tuple[str, str], int] = {}
    for one in refs.document.declared("upstream_provider", UpstreamProviderEntry):
        entry = one.entry
        refs.check_once(seen, entry.name, one, key="name", what=f"the upstream provider `{entry.name}`")
        # One client for two directories: a token of one would be good at the other.
        pair = (entry.issuer, entry.client_id)
        refs.check_once(clients, pair, one, key="client_id", what="this client of this issuer")
        _check(refs, one)
        secret = _secret(refs, one)
        settings: dict[str, Any] = {key: getattr(entry, key) for key in _TAKEN_OVER}
        settings |= {key: getattr(entry, key) or "" for key in _ENDPOINTS}
        provider = UpstreamProvider(**settings)
        sealed = refs.kept.keyring.seal(secret.text.encode(), identity=secret_identity(entry.name))
        wanted[entry.name,] = ProviderWithSecret(provider, secret, sealed)
    return wanted


def _check(refs: References, one: Declared[UpstreamProviderEntry]) -> None:
    entry = one.entry
    if entry.directory not in refs.directories:
        refs.refuse(one, "directory", f"there is no directory `{entry.directory}`: declare it in [[directory]]")
    for key in ("issuer", *_ENDPOINTS):
        uri = getattr(entry, key)
        if uri is not None and not is_secure(uri):
            refs.refuse(one, key, f"`{key}` must be an https address (http only on loopback), without `?`, `#` and `*`")
    fixed = [key for key in _ENDPOINTS if getattr(entry, key) is not None]
    if fixed and len(fixed) != len(_ENDPOINTS):
        refs.refuse(one, fixed[0], f"{', '.join(_ENDPOINTS)} belong together: give all of them, or none")


def _secret(refs: References, one: Declared[UpstreamProviderEntry]) -> ClientSecret:
    """The file's, or the one that is kept; empty, and a problem, when there is none."""
    entry, known = one.entry, refs.kept.upstream_providers.get(one.entry.name)
    if entry.client_secret_file is None:
        if known is None:
            refs.refuse(
                one, "name", "a new upstream provider needs `client_secret_file`, a file with its client secret"
            )
        return known.secret if known is not None else ClientSecret("")
    try:
        text = (refs.document.folder / entry.client_secret_file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        refs.refuse(one, "client_secret_file", "the file with the client secret cannot be read")
        return ClientSecret("")
    if not 0 < len(text) <= _MAX_SECRET or not text.isprintable():
        refs.refuse(one, "client_secret_file", "the file is not one line with a client secret")
    return ClientSecret(text)
