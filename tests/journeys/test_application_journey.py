"""Does a relying party made with a real library work with us, in a real browser and from machine to machine?"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from playwright.sync_api import Page, expect

from ostiary.kit.crypto.totp import STEP_SECONDS, code_at
from parts.processes import free_port
from parts.server import OstiaryServer, StartServer

_PASSWORD = "seven violet drums at noon"
_ORGANIZATION = """
[organization]
name = "Example Corporation"

[[attribute]]
name = "department"
type = "string"
source = "hr"

[[group]]
name = "readers"
owner = "operator"
purpose = "May read books"

[[person]]
user_name = "ada"
display_name = "Ada Okonkwo"
email = "ada@example.org"
groups = ["readers"]
attributes = {{ department = "books" }}

[[application]]
client_id = "library"
name = "Library"
kind = "web"
authentication = "client_secret_basic"
owner = "operator"
redirect_uris = ["{rp}/callback"]
post_logout_redirect_uris = ["{rp}/bye"]
scopes = ["openid", "profile", "email", "offline_access"]
groups = ["readers"]
claims = ["groups", "department"]
id_token_alg = "{alg}"

[[application]]
client_id = "robot"
name = "Robot"
kind = "machine"
authentication = "private_key_jwt"
owner = "operator"
scopes = ["books.read"]
audience = "https://books.example.org"
jwks = '''{jwks}'''
"""


@dataclass
class Library:
    """The relying party: it knows the issuer's address, its own secret, and Authlib."""

    address: str
    issuer: str = ""
    secret: str = ""
    scope: str = "openid profile email offline_access"
    verifier: str = ""
    state: str = ""
    nonce: str = ""
    tokens: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.issuer}/.well-known/openid-configuration", trust_env=False).json()
        return found

    def session(self, **options: Any) -> Any:
        session = OAuth2Session(
            "library",
            self.secret,
            scope=self.scope,
            redirect_uri=f"{self.address}/callback",
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",
            **options,
        )
        session.trust_env = False
        return session

    def begin(self, **options: str) -> str:
        self.verifier, self.nonce = generate_token(64), generate_token(16)
        address, self.state = self.session().create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=self.verifier, nonce=self.nonce, **options
        )
        return str(address)

    def finish(self, address: str) -> None:
        query = parse_qs(address.partition("?")[2])
        assert query["iss"] == [self.issuer]
        self.tokens = self.session(state=self.state).fetch_token(
            self.metadata["token_endpoint"], authorization_response=address, code_verifier=self.verifier
        )
        self.claims = self.checked(self.tokens["id_token"])
        assert self.claims["nonce"] == self.nonce

    def checked(self, id_token: str) -> dict[str, Any]:
        metadata = self.metadata
        keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"], trust_env=False).json())
        read = jwt.decode(id_token, keys, algorithms=metadata["id_token_signing_alg_values_supported"])
        expected = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": "library"},
            exp={"essential": True},
            sub={"essential": True},
        )
        expected.validate(read.claims)
        return dict(read.claims)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """`/login` goes to the issuer, `/callback` comes from there."""
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        if path == "/login":
            start_response("302 Found", [("Location", self.begin())])
            return []
        text = "Bye from the library"
        if path == "/callback":
            text = self._arrived(f"{self.address}/callback?{query}")
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [f"<!doctype html><title>Library</title><h1>{text}</h1>".encode()]

    def _arrived(self, address: str) -> str:
        try:
            self.finish(address)
        except OAuthError as refused:
            return f"Refused: {refused.error}"
        return f"Welcome to the library, {self.claims['name']}"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


@contextmanager
def _serving(library: Library, port: int) -> Iterator[None]:
    with make_server("127.0.0.1", port, library, server_class=WSGIServer, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture(scope="module")
def robot_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig"}, private=True)


@pytest.fixture(params=["ES256 on SQLite", pytest.param("RS256 on PostgreSQL", marks=pytest.mark.postgresql)])
def world(
    request: pytest.FixtureRequest, start_server: StartServer, tmp_path: Path, robot_key: ECKey
) -> Iterator[tuple[OstiaryServer, Library]]:
    port = free_port()
    library = Library(f"http://127.0.0.1:{port}")
    file = tmp_path / "organization.toml"
    jwks = json.dumps({"keys": [robot_key.as_dict(private=False)]})
    alg, _, engine = request.param.partition(" on ")
    file.write_text(_ORGANIZATION.format(rp=library.address, alg=alg, jwks=jwks))
    database_url = request.getfixturevalue("fresh_postgresql_database")() if engine == "PostgreSQL" else None
    server = start_server(organization=file, development=True, database_url=database_url)
    library.issuer = server.base_url
    library.secret = server.run("application", "secret", "library", "--json").json()["client_secret"]
    time.sleep(1.5)  # the worker hears of the new secret
    with _serving(library, port):
        yield server, library


def _enrol(page: Page, server: OstiaryServer) -> bytes:
    link = urlsplit(server.run("person", "invite", "ada", "--json").json()["enrolment_link"])
    page.goto(link._replace(scheme="http", netloc=server.base_url.removeprefix("http://")).geturl())
    page.get_by_label("New password").fill(_PASSWORD)
    page.get_by_label("The same password again").fill(_PASSWORD)
    page.get_by_role("button", name="Continue").click()
    key = page.locator("code.key").text_content() or ""
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    page.get_by_label("Six-digit code").fill(code_at(secret, int(time.time()) // STEP_SECONDS))
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
    return secret


def _sign_in(page: Page, secret: bytes) -> None:
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Six-digit code").fill(code_at(secret, int(time.time()) // STEP_SECONDS + 1))
    page.get_by_role("button", name="Sign in").click()


def test_a_person_comes_to_an_application_through_us_and_leaves_again(
    page: Page, world: tuple[OstiaryServer, Library]
) -> None:
    server, library = world
    messages: list[str] = []
    secret = _enrol(page, server)
    page.context.clear_cookies()
    page.on("console", lambda message: messages.append(message.text))

    page.goto(f"{library.address}/login")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    _sign_in(page, secret)
    expect(page.get_by_role("heading", name="Welcome to the library, Ada Okonkwo")).to_be_visible()
    assert library.claims["department"] == "books"
    assert library.claims["groups"] == ["readers"]
    assert "mfa" in library.claims["amr"]

    page.goto(f"{library.address}/login")
    expect(page.get_by_role("heading", name="Welcome to the library, Ada Okonkwo")).to_be_visible()

    _use_the_tokens(library)
    _ask_for_more(page, library)

    page.goto(f"{library.metadata['end_session_endpoint']}?client_id=library")
    expect(page.get_by_role("heading", name="Do you want to sign out?")).to_be_visible()
    page.goto(
        f"{library.metadata['end_session_endpoint']}?client_id=library"
        f"&post_logout_redirect_uri={library.address}/bye&state=s1"
    )
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Bye from the library")).to_be_visible()
    assert page.url == f"{library.address}/bye?state=s1"
    assert messages == [], "the browser complained"

    page.goto(f"{library.address}/login")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with pytest.raises(OAuthError, match="invalid_grant"):
        _refresh(library)


def _ask_for_more(page: Page, library: Library) -> None:
    """By `acr_values`, `max_age` and an essential claim: what is true is said, what is not there is refused."""
    two_factors = "https://refeds.org/profile/mfa"
    page.goto(library.begin(acr_values=two_factors, max_age="3600"))
    expect(page.get_by_role("heading", name="Welcome to the library, Ada Okonkwo")).to_be_visible()
    assert library.claims["acr"] == two_factors
    assert time.time() - library.claims["auth_time"] < 3600
    resistant = json.dumps({"id_token": {"acr": {"essential": True, "value": "phr"}}})
    page.goto(library.begin(claims=resistant, prompt="none"))
    assert "error=login_required&" in page.url
    page.goto(library.begin(claims=resistant))
    assert "/signin/confirm?" in page.url
    page.goto(library.begin(max_age="0"))
    assert "/signin?" in page.url


def _use_the_tokens(library: Library) -> None:
    metadata = library.metadata
    session = library.session(token=library.tokens)
    told = session.get(metadata["userinfo_endpoint"]).json()
    assert told["sub"] == library.claims["sub"]
    assert told["email"] == "ada@example.org"
    first = library.tokens["refresh_token"]
    library.tokens = _refresh(library)
    assert library.tokens["refresh_token"] != first
    assert library.checked(library.tokens["id_token"])["sub"] == library.claims["sub"]
    seen = session.introspect_token(metadata["introspection_endpoint"], token=library.tokens["access_token"]).json()
    assert seen["active"] is True
    answer = session.revoke_token(metadata["revocation_endpoint"], token=library.tokens["access_token"])
    assert answer.status_code == 200
    time.sleep(1.5)  # every worker hears of it within a second
    seen = session.introspect_token(metadata["introspection_endpoint"], token=library.tokens["access_token"]).json()
    assert seen == {"active": False}


def _refresh(library: Library) -> dict[str, Any]:
    session = library.session(token=library.tokens)
    found: dict[str, Any] = session.refresh_token(
        library.metadata["token_endpoint"], refresh_token=library.tokens["refresh_token"]
    )
    return found


@pytest.mark.parametrize("world", ["ES256 on SQLite"], indirect=True)
def test_machines_get_tokens_with_an_unmodified_library(world: tuple[OstiaryServer, Library], robot_key: ECKey) -> None:
    server, library = world
    endpoint = library.metadata["token_endpoint"]
    robot = OAuth2Session("robot", robot_key, token_endpoint_auth_method="private_key_jwt", scope="books.read")
    robot.trust_env = False
    robot.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
    for _ in range(2):
        token = robot.fetch_token(endpoint, grant_type="client_credentials")
        assert token["scope"] == "books.read"
    stranger = OAuth2Session(
        "robot",
        ECKey.generate_key("P-256", private=True),
        token_endpoint_auth_method="private_key_jwt",
    )
    stranger.trust_env = False
    stranger.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
    with pytest.raises(OAuthError, match="invalid_client"):
        stranger.fetch_token(endpoint, grant_type="client_credentials")
    assert server.run("audit", "verify", "--json").code == 0
