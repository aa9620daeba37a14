"""Is this registration safe and whole? Asked before an application is kept, and again when memory loads it.

OpenID Connect Dynamic Client Registration 1.0 section 2 (meaning of the fields), RFC 8252, RFC 9700.
"""

from __future__ import annotations

import re
from typing import assert_never

from ostiary.domain.applications.errors import InvalidApplication
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.applications.redirect_uris import check_redirect_uri
from ostiary.domain.applications.scopes import OF_PERSONS, OPENID, check_registered_scopes
from ostiary.kit.crypto.jose import JoseError, KeySet, parse_jwks

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
_PERSON_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID_TOKEN_ALGORITHMS = frozenset({"ES256", "RS256"})
_PRINTABLE = re.compile(r"[\x21-\x7e]{0,256}")


def check_application(application: Application) -> None:
    """Raises InvalidApplication for the first thing that is wrong."""
    if not _CLIENT_ID.fullmatch(application.client_id):
        raise InvalidApplication(f"the client id `{application.client_id[:100]}` needs 1 to 128 of A-Z a-z 0-9 . _ ~ -")
    if _PERSON_ID.fullmatch(application.client_id):
        # RFC 9700 section 4.15: an application that acts for itself is its tokens' `sub`, as people are of theirs.
        raise InvalidApplication("a client id must not look like the id of a person: choose a name")
    if application.id_token_alg not in _ID_TOKEN_ALGORITHMS:
        raise InvalidApplication(f"ID tokens are signed with ES256 or RS256, not `{application.id_token_alg[:40]}`")
    if not _PRINTABLE.fullmatch(application.audience):
        raise InvalidApplication("the audience is one URI or name of at most 256 printable characters")
    check_registered_scopes(application.scopes)
    if application.everyone and application.groups:
        raise InvalidApplication("an application is for everyone or for members of groups: leave one out")
    _check_kind(application)
    _check_addresses(application)
    registered_keys(application)


def registered_keys(application: Application) -> KeySet | None:
    """The keys that verify its assertions; None when it proves itself otherwise. Raises InvalidApplication."""
    if application.authentication is not ClientAuthentication.PRIVATE_KEY_JWT:
        if application.jwks:
            raise InvalidApplication("a key set belongs to the authentication method private_key_jwt only")
        return None
    try:
        keys = parse_jwks(application.jwks.encode())
    except (JoseError, UnicodeEncodeError) as refused:
        raise InvalidApplication(f"the key set of the application cannot be used: {refused}") from None
    if not keys.keys:
        raise InvalidApplication("the key set of the application has no key that can verify a signature")
    return keys


def _check_kind(application: Application) -> None:
    match application.kind:
        case ApplicationKind.WEB:
            if application.public:
                raise InvalidApplication("a web application must prove itself: client_secret_basic or private_key_jwt")
        case ApplicationKind.NATIVE:
            if not application.public:
                raise InvalidApplication("a native application can keep no secret: its authentication is `none`")
            if application.policies:
                raise InvalidApplication("a native application proves nothing, so it has no policies of its own")
        case ApplicationKind.MACHINE:
            _check_machine(application)
        case _:
            assert_never(application.kind)
    if application.kind is not ApplicationKind.MACHINE and not application.redirect_uris:
        raise InvalidApplication("an application that sends people here needs a redirect URI")


def _check_machine(application: Application) -> None:
    if application.public:
        raise InvalidApplication("a machine must prove itself: client_secret_basic or private_key_jwt")
    if application.redirect_uris or application.post_logout_redirect_uris or application.groups:
        raise InvalidApplication("a machine sends no people here: it has no redirect URIs and no groups")
    if application.everyone or application.device_flow or application.ends_with_session or application.consent:
        raise InvalidApplication(
            "a machine acts for itself: `everyone`, `device_flow`, `ends_with_session` and `consent` are not for it"
        )
    # The model's default scope is left alone: it is never granted to a machine.
    if set(application.scopes) & (OF_PERSONS - {OPENID}):
        raise InvalidApplication("a machine cannot have the scopes of people: profile, email, offline_access")


def _check_addresses(application: Application) -> None:
    for uri in (*application.redirect_uris, *application.post_logout_redirect_uris):
        check_redirect_uri(uri, application.kind)
