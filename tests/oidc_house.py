"""The applications' door on a real database, with the pages beside it: what a relying party and a browser meet."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import falcon
from falcon.testing import Result, TestClient

from ostiary.app import house as app_house
from ostiary.app.wiring.applications import oidc_rooms
from ostiary.domain.applications.client_secrets import ClientSecrets
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.audit.event import Event
from ostiary.domain.directory.model import Person
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.signin import BOTH_FACTORS
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.jose import SigningKey, sign_jwt
from ostiary.kit.current import Current
from ostiary.protocols.http.client import HostRules, ProxyTrust
from ostiary.protocols.http.errors import add_error_handlers
from ostiary.protocols.http.headers import HostCheck, RequestIds, SecurityHeaders
from ostiary.protocols.oidc import routes as oidc_routes
from ostiary.protocols.oidc.rooms import OidcRooms
from ostiary.protocols.web import routes as web_routes
from ostiary.protocols.web.errors import failure_writer
from ostiary.storage.engine import open_database
from ostiary.storage.transaction import Transaction
from people_house import ISSUER, MORNING, OPERATOR, Enrolled, House, from_network, make_house, open_house
from web_browser import Browser, make_rooms

CALLBACK = "https://shop.example.com/callback"
AFTER = "https://shop.example.com/after?from=ostiary"
VERIFIER = "a-verifier-of-at-least-43-characters-as-rfc-7636"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

SHOP = Application(
    client_id="shop",
    name="Shop",
    kind=ApplicationKind.WEB,
    authentication=ClientAuthentication.SECRET_BASIC,
    owner="ada",
    created_at=MORNING,
    redirect_uris=(CALLBACK, "https://shop.example.com/other?keep=1"),
    post_logout_redirect_uris=(AFTER,),
    scopes=("openid", "profile", "email", "offline_access", "orders.read"),
    groups=("platform",),
    audience="https://api.example.com",
    claims=("groups", "department"),
)
PHONE = Application(
    client_id="phone",
    name="Phone",
    kind=ApplicationKind.NATIVE,
    authentication=ClientAuthentication.NONE,
    owner="ada",
    created_at=MORNING,
    redirect_uris=("http://127.0.0.1/callback", "com.example.phone:/callback"),
    scopes=("openid", "offline_access"),
    groups=("platform", "support"),
    id_token_alg="RS256",
)
ROBOT_KEY = SigningKey.generate("ES256")
ROBOT = Application(
    client_id="robot",
    name="Robot",
    kind=ApplicationKind.MACHINE,
    authentication=ClientAuthentication.PRIVATE_KEY_JWT,
    owner="ada",
    created_at=MORNING,
    scopes=("orders.read", "orders.write"),
    audience="https://api.example.com",
    jwks=json.dumps({"keys": [ROBOT_KEY.public_jwk()]}),
)
BATCH = Application(
    client_id="batch",
    name="Batch",
    kind=ApplicationKind.MACHINE,
    authentication=ClientAuthentication.SECRET_BASIC,
    owner="ada",
    created_at=MORNING,
    scopes=("openid", "orders.read", "orders.write"),
    audience="https://api.example.com",
)
# The resource server itself: its client id is not the audience of the others, so it sees only tokens made for it.
OTHER = replace(SHOP, client_id="other", name="Other", groups=("support",), audience="shop", scopes=("openid",))


@dataclass
class OidcHouse:
    people: House
    applications: Current[ApplicationIndex]
    secrets: ClientSecrets
    rooms: OidcRooms
    app: falcon.App[Any, Any]
    secret: dict[str, str]

    def refresh(self) -> None:
        """What a worker does several times a second."""
        self.people.refresh()

    def put(self, application: Application) -> None:
        self.people.database.write(lambda tx: tx.applications.put_application(application))
        self.refresh()

    def rotate(self, client_id: str, **options: Any) -> str:
        secret = self.secrets.rotate(OPERATOR, client_id, **options).reveal()
        self.secret[client_id] = secret
        self.refresh()
        return secret

    def events(self, name: str) -> list[Event]:
        return self.people.events(name)

    def change(self, name: str, **changes: Any) -> Person:
        with self.people.database.read() as tx:
            person = tx.directory.person_by_user_name(name)
        assert person is not None
        changed = replace(person, **changes)
        self.people.database.write(lambda tx: tx.directory.put_person(changed))
        return changed

    def browser(self) -> Browser:
        return Browser(self.app)

    def signed_in_browser(self, ada: Enrolled, methods: tuple[str, ...] = BOTH_FACTORS) -> Browser:
        browser = self.browser()
        opened = self.people.database.write(partial(self._open_session, ada.name, methods))
        browser.cookies["ostiary_session"] = opened.token.reveal()
        return browser

    def _open_session(self, name: str, methods: tuple[str, ...], tx: Transaction) -> Opened:
        """What signing in ends with; the password's hash takes its time elsewhere."""
        person = tx.directory.person_by_user_name(name)
        assert person is not None
        now = self.people.clock.now()
        return open_session(
            tx,
            person,
            SessionLevel.FULL,
            rules=self.people.policies.value.rules_for(person),
            methods=methods,
            origin=from_network("127.0.0.1"),
            now=now,
        )

    # What an application sends.
    def post(self, path: str, fields: Mapping[str, str] | str, **headers: str) -> Result:
        body = fields if isinstance(fields, str) else urlencode(fields)
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Host": ISSUER.removeprefix("http://")}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return TestClient(self.app).simulate_post(path, body=body.encode(), headers=sent, remote_addr="198.51.100.7")

    def token(self, fields: Mapping[str, str], client: str = "shop", **headers: str) -> Result:
        """At the token endpoint, as the application that is named."""
        return self.as_client("/oauth2/token", fields, client, **headers)

    def as_client(self, path: str, fields: Mapping[str, str], client: str, **headers: str) -> Result:
        if client in self.secret:
            return self.post(path, fields, **{"Authorization": basic(client, self.secret[client]), **headers})
        if client == "robot":
            return self.post(path, {**fields, **self.assertion()}, **headers)
        return self.post(path, {**fields, "client_id": client}, **headers)

    def assertion(self, key: SigningKey = ROBOT_KEY, *, typ: str = "JWT", **claims: Any) -> dict[str, str]:
        now = int(self.people.clock.now().timestamp())
        body = {
            "iss": "robot",
            "sub": "robot",
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": f"j{len(self.events('IssueToken'))}",
        }
        chosen = {name: value for name, value in {**body, **claims}.items() if value is not None}
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": sign_jwt(key, chosen, typ=typ)}

    def bearer(self, token: str, path: str = "/oauth2/userinfo") -> Result:
        headers = {"Host": ISSUER.removeprefix("http://"), "Authorization": f"Bearer {token}"}
        return TestClient(self.app).simulate_get(path, headers=headers)

    def code(self, browser: Browser, **changes: str | None) -> str:
        answer = answer_of(browser.get(authorize_path(**changes)))
        assert "code" in answer, answer
        return answer["code"]

    def tokens(self, browser: Browser, client: str = "shop", **changes: str | None) -> dict[str, Any]:
        """The whole flow: what the application holds in the end."""
        redirect_uri = changes.get("redirect_uri") or CALLBACK
        code = self.code(browser, client_id=client, **changes)
        result = self.token(exchange(code, redirect_uri=redirect_uri), client)
        assert result.status_code == 200, result.text
        tokens: dict[str, Any] = result.json
        return tokens

    def refreshed(self, refresh_token: str, client: str = "shop", **fields: str) -> Result:
        return self.token({"grant_type": "refresh_token", "refresh_token": refresh_token, **fields}, client)


def exchange(code: str, **changes: str | None) -> dict[str, str]:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def authorize_path(**changes: str | None) -> str:
    """A good request of the shop, with some parameters changed or (None) left out."""
    fields: dict[str, str | None] = {
        "client_id": "shop",
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid profile email offline_access orders.read",
        "state": "s t&te",
        "nonce": "n-1",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    return "/oauth2/authorize?" + urlencode({name: value for name, value in fields.items() if value is not None})


def answer_of(result: Result) -> dict[str, str]:
    """What a redirect brought to the application."""
    assert result.status_code == 303, result.text
    return dict(parse_qsl(urlsplit(result.headers["location"]).query))


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()).decode()


def claims_of(token: str) -> dict[str, Any]:
    """Unverified; what is inside."""
    claims: dict[str, Any] = json.loads(_decoded(token.split(".")[1]))
    return claims


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(_decoded(token.split(".", maxsplit=1)[0]))
    return header


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _put(application: Application, tx: Transaction) -> None:
    tx.applications.put_application(application)


@contextmanager
def open_oidc_house(folder: Path) -> Iterator[OidcHouse]:
    with open_house(folder) as people:
        for application in (SHOP, PHONE, ROBOT, BATCH, OTHER):
            people.database.write(partial(_put, application))
        house = make_oidc_house(people)
        for client_id in ("shop", "batch", "other"):
            house.rotate(client_id)
        yield house


@contextmanager
def copy_of(template: OidcHouse, folder: Path) -> Iterator[OidcHouse]:
    """The same house on a copy of its database: enrolling is slow."""
    path = folder / "copy.db"
    with closing(sqlite3.connect(_file_of(template))) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    database = open_database(f"sqlite:///{path}")
    people = make_house(
        database,
        FixedClock(template.people.clock.at),
        Current(template.people.keys.value),
        Current(template.people.index.value),
    )
    house = make_oidc_house(people)
    house.secret.update(template.secret)
    try:
        yield house
    finally:
        database.close()


def _file_of(house: OidcHouse) -> str:
    return str(house.people.database.engine.url.database)


def make_oidc_house(people: House, *, issuer: str = ISSUER) -> OidcHouse:
    applications = people.parts.applications
    web = make_rooms(people, issuer=issuer, trust=ProxyTrust(), development=True)
    worker = SimpleNamespace(
        database=people.database,
        clock=people.clock,
        last_use=people.last_use,
        remembered=SimpleNamespace(
            keys=people.keys, applications=applications, revocations=people.revocations, access=people.index
        ),
    )
    rooms = oidc_rooms(cast("app_house.House", worker), people.services, web, ProxyTrust(), issuer=issuer)
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[
            RequestIds(),
            SecurityHeaders(ProxyTrust()),
            HostCheck(ProxyTrust(), HostRules.for_issuer(issuer, development=True)),
        ]
    )
    oidc_routes.add_routes(app, rooms)
    web_routes.add_routes(app, web)
    add_error_handlers(app, {"/": failure_writer(web), "/oauth2": oidc_routes.write_failure})
    secrets = ClientSecrets(transactions=people.database, authorizer=people.authorizer, clock=people.clock)
    house = OidcHouse(people, applications, secrets, rooms, app, {})
    house.refresh()
    return house
