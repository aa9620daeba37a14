"""Which applications does every organization have, without registering them? The command line's own sign-in.

They are no rows: an entry of the same name in the organization's file takes the place of the built-in one, and can
disable it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.applications.scopes import EMAIL, OFFLINE_ACCESS, OPENID, PROFILE

LOOPBACK_REDIRECT = "http://127.0.0.1/callback"  # with any port (RFC 8252 section 7.3)

COMMAND_LINE = Application(
    client_id="ostiary-cli",
    name="Ostiary command line",
    kind=ApplicationKind.NATIVE,
    authentication=ClientAuthentication.NONE,
    owner="operator",
    created_at=datetime(1970, 1, 1, tzinfo=UTC),  # with the first organization, whenever that was
    redirect_uris=(LOOPBACK_REDIRECT,),
    scopes=(OPENID, PROFILE, EMAIL, OFFLINE_ACCESS),
    description="Signs people in at a terminal: `ostiary login`",
    everyone=True,
    consent=True,  # whoever listens on a port of her machine can send her here in its name
    device_flow=True,
    ends_with_session=True,
)
BUILT_IN: Mapping[str, Application] = MappingProxyType({COMMAND_LINE.client_id: COMMAND_LINE})
