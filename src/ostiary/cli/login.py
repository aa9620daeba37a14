"""`ostiary login`, `logout`, `whoami`: a person's own sign-in at a terminal. No token is ever printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import segno
import typer

from ostiary.cli.output import AsJson, fail, note, waiting, write_json, write_text
from ostiary.cli.remote.browser import has_display, open_browser, sign_in_by_browser
from ostiary.cli.remote.current import CurrentSignIn
from ostiary.cli.remote.device import ShownCode, sign_in_by_code
from ostiary.cli.remote.errors import AddressRefused, NotSignedInHere, RemoteFailure, ServerRefused, shown
from ostiary.cli.remote.id_token import Proved
from ostiary.cli.remote.kept import CredentialStore, Found, SignIn, state_directory
from ostiary.cli.remote.keyrings import system_keyring
from ostiary.cli.remote.server import RemoteServer, TokenAnswer, checked_address
from ostiary.kit.clock import SystemClock, iso
from ostiary.kit.redaction import Secret

_SERVER_VARIABLE = "OSTIARY_SERVER"
_METHODS = {
    "pwd": "password",
    "otp": "authenticator app",
    "hwk": "passkey",
    "swk": "synced passkey",
    "email": "e-mail code",
    "rc": "recovery code",
}
ServerOption = Annotated[
    str, typer.Option("--server", help=f"Its address; else ${_SERVER_VARIABLE}, else where you signed in last.")
]


def login(
    server: ServerOption = "",
    *,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", "--device", help="Show a code to type in a browser elsewhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign in as yourself: in the browser, or with a code where there is none."""
    with _failures(as_json=as_json):
        store = _store()
        remote = RemoteServer(_address(server, store))
        answer, proved = _by_code(remote) if no_browser or not has_display() else _by_browser(remote)
        sign_in = CurrentSignIn(store, remote, SystemClock()).keep(answer, proved)
    if as_json:
        write_json({**_facts(sign_in), "kept_in": store.place})
        return
    write_text(f"You are signed in at {sign_in.server} as {_who(sign_in)}")
    note(f"Kept in {store.place}; `ostiary logout` ends it")


def logout(
    server: ServerOption = "",
    *,
    everywhere: Annotated[bool, typer.Option("--all", help="At every server where you signed in.")] = False,
    as_json: AsJson = False,
) -> None:
    """End your sign-in, at the server and here."""
    with _failures(as_json=as_json):
        store = _store()
        addresses = store.servers() if everywhere else (_signed_in_at(server, store),)
        ended = {one: CurrentSignIn(store, RemoteServer(one), SystemClock()).end() for one in addresses}
    if as_json:
        write_json({"ended": [{"server": one, "at_server": there} for one, there in ended.items()]})
        return
    if not ended:
        write_text("You are not signed in anywhere")
    for address, there in ended.items():
        write_text(f"You are signed out of {address}")
        if not there:
            note(
                f"{address} could not be told: nothing is kept here any more, but end the session there, too, at"
                f" {address}/account/sessions"
            )


def whoami(server: ServerOption = "", *, as_json: AsJson = False) -> None:
    """Show who you are at the server, and how you signed in; the token is renewed when it is due."""
    with _failures(as_json=as_json):
        store = _store()
        remote = RemoteServer(_signed_in_at(server, store))
        found, told = _ask(CurrentSignIn(store, remote, SystemClock()), remote)
    facts = {
        **_facts(found.sign_in),
        "user_name": shown(told.get("preferred_username", found.sign_in.user_name)),
        "name": shown(told.get("name", found.sign_in.name)),
        "email": shown(told.get("email", "")),
        "token_expires_at": _moment(found.tokens.access_expires_at),
    }
    if as_json:
        write_json(facts)
        return
    write_text(f"{facts['name']} ({facts['user_name']}) at {found.sign_in.server}")
    if facts["email"]:
        write_text(f"  e-mail     {facts['email']}")
    write_text(f"  signed in  {facts['authenticated_at']} with {_ways(found.sign_in)}")
    write_text(f"  token      until {facts['token_expires_at']}, renewed until your browser session there ends")


def _by_browser(remote: RemoteServer) -> tuple[TokenAnswer, Proved]:
    @contextmanager
    def opened(address: str) -> Iterator[None]:
        note(f"Your browser opens {remote.address}. If it does not, open this address on this machine:\n{address}")
        open_browser(address)
        with waiting("Waiting for you to sign in there"):
            yield

    return sign_in_by_browser(remote, clock=SystemClock(), opened=opened)


def _by_code(remote: RemoteServer) -> tuple[TokenAnswer, Proved]:
    return sign_in_by_code(remote, clock=SystemClock(), shown_code=_show_code)


@contextmanager
def _show_code(code: ShownCode) -> Iterator[None]:
    note(f"In a browser anywhere, open\n\n  {shown(code.address)}\n\nand type the code\n\n  {shown(code.user_code)}\n")
    if sys.stderr.isatty():
        segno.make(code.complete, error="l").terminal(out=sys.stderr, border=2, compact=True)
    note(f"It is good for {code.seconds // 60} minutes. Give it to nobody.")
    with waiting("Waiting for your yes there"):
        yield


def _ask(current: CurrentSignIn, remote: RemoteServer) -> tuple[Found, dict[str, object]]:
    found = current.renewed()
    try:
        return found, remote.user_info(Secret(found.tokens.access_token))
    except ServerRefused:
        # Ended before its time, or the server's clock is ahead: renewing tells which.
        found = current.renewed(at_once=True)
        return found, remote.user_info(Secret(found.tokens.access_token))


def _store() -> CredentialStore:
    return CredentialStore(state_directory(os.environ), system_keyring())


def _address(given: str, store: CredentialStore) -> str:
    address = given or os.environ.get(_SERVER_VARIABLE, "") or store.last
    if not address:
        raise AddressRefused(f"which server? Give --server https://id.example.org, or set {_SERVER_VARIABLE}")
    return checked_address(address)


def _signed_in_at(given: str, store: CredentialStore) -> str:
    if not given and not os.environ.get(_SERVER_VARIABLE) and not store.last:
        raise NotSignedInHere("you are not signed in anywhere: run `ostiary login --server https://id.example.org`")
    return _address(given, store)


@contextmanager
def _failures(*, as_json: bool) -> Iterator[None]:
    try:
        yield
    except RemoteFailure as failure:
        fail(str(failure), as_json=as_json)


def _facts(sign_in: SignIn) -> dict[str, object]:
    return {
        "server": sign_in.server,
        "user_name": shown(sign_in.user_name),
        "name": shown(sign_in.name),
        "subject": shown(sign_in.subject),
        "methods": [shown(method) for method in sign_in.methods],
        "authenticated_at": _moment(sign_in.authenticated_at),
    }


def _who(sign_in: SignIn) -> str:
    return f"{shown(sign_in.name)} ({shown(sign_in.user_name)}), by {_ways(sign_in)}"


def _ways(sign_in: SignIn) -> str:
    named = [_METHODS.get(method, shown(method)) for method in sign_in.methods if method not in {"mfa", "user"}]
    return " and ".join(named) or "nothing"


def _moment(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
