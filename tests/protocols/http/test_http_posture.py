"""Is a device's posture believed from trusted hops alone, and do sign-in and policies see it? (BP01-16)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from falcon import Request
from falcon.testing import create_environ

from ostiary.app.data_directory import DataDirectory, write_private
from ostiary.app.settings import ServeSettings, SettingsRefused, posture_header
from ostiary.domain.access.conditions import context_of
from ostiary.domain.audit.caller import Door, Origin, anonymous
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from ostiary.protocols.http.client import ProxyTrust, origin_of
from people_house import MORNING, Enrolled, House, open_house
from web_browser import Browser, make_app, sign_in

HEADER = "Ostiary-Device-Posture"
TRUST = ProxyTrust.of(["10.0.0.0/8"], posture_header=HEADER)
HOP, STRANGER = "10.0.0.1", "192.0.2.1"


def posture(said: str, *, peer: str = HOP, trust: ProxyTrust = TRUST, header: str = HEADER) -> tuple[str, ...]:
    environ = create_environ("/", headers={header: said}, remote_addr=peer)
    environ["REMOTE_ADDR"] = peer
    return origin_of(Request(environ), Door.WEB, trust).posture


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("managed", ("managed",)),
        ("managed, compliant", ("compliant", "managed")),
        ("managed,managed ,\tcompliant", ("compliant", "managed")),
        ("os:windows-11,patch=2026.02", ("os:windows-11", "patch=2026.02")),
    ],
)
def test_a_trusted_hop_says_what_a_device_is(said: str, understood: tuple[str, ...]) -> None:
    assert posture(said) == understood


def test_a_strangers_header_says_nothing() -> None:
    assert posture("managed", peer=STRANGER) == ()
    assert posture("managed", peer="") == ()


def test_without_the_setting_nobody_says_anything() -> None:
    assert posture("managed", trust=ProxyTrust.of(["10.0.0.0/8"])) == ()
    assert posture("managed", trust=ProxyTrust(posture_header=HEADER)) == ()
    assert posture("managed", header="X-Device-Posture") == ()


@pytest.mark.parametrize(
    "said",
    [
        "",
        ",",
        "managed,",
        "managed compliant",
        "managed;compliant",
        "*",
        "${aws:username}",
        "managéd",
        "a" * 65,
        ",".join(f"p{number}" for number in range(17)),
        ",".join(f"{number:064}" for number in range(16)),
    ],
)
def test_an_odd_header_says_nothing_at_all(said: str) -> None:
    assert posture(said) == ()


def test_policies_see_it_and_see_nothing_where_nothing_is_known() -> None:
    caller = anonymous(Origin(Door.AWS, posture=("compliant", "managed")))
    forged = {"ostiary:DevicePosture": "managed"}
    assert context_of(caller, MORNING)["ostiary:deviceposture"] == ("compliant", "managed")
    assert "ostiary:deviceposture" not in context_of(anonymous(Origin(Door.AWS)), MORNING, forged)


@pytest.fixture
def enrolled(tmp_path: Path) -> Iterator[tuple[House, Enrolled]]:
    with open_house(tmp_path) as house:
        ada = house.enrol()
        house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", posture=("managed",)))
        yield house, ada


def browser(house: House, *, address: str = HOP, said: str = "") -> Browser:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.17", **({HEADER: said} if said else {})}
    app = make_app(house, issuer="https://id.example.com", trust=TRUST, development=False)
    opened = Browser(app, host="id.example.com", address=address, headers=headers)
    opened.scheme = "https"
    return opened


def test_rules_that_ask_for_a_posture_let_in_who_has_it(enrolled: tuple[House, Enrolled]) -> None:
    house, ada = enrolled
    sign_in(browser(house, said="compliant, managed"), ada)
    assert house.events("SignIn")[0].outcome is Outcome.SUCCESS


@pytest.mark.parametrize("said", ["", "unmanaged", "managed,;"])
def test_rules_that_ask_for_a_posture_keep_out_who_has_none(enrolled: tuple[House, Enrolled], said: str) -> None:
    house, ada = enrolled
    visit = browser(house, said=said)
    visit.get("/signin")
    answer = visit.post("/signin", {"username": ada.name, "password": ada.password})
    assert answer.status_code == 400
    event = house.events("CheckPassword")[0]
    assert (event.outcome, event.error_code) == (Outcome.DENIED, "PostureMissing")


SETTINGS = ServeSettings(
    data=Path("data"),
    host="127.0.0.1",
    port=8480,
    database_url="",
    issuer="https://id.example.org",
    behind_proxy=True,
    trusted_hops=("10.0.0.1",),
)


def test_the_header_is_named_in_the_settings_of_a_server_behind_a_proxy(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    assert posture_header(directory, SETTINGS) == ""
    write_private(directory.settings_file, f'posture_header = "{HEADER}"\n')
    assert posture_header(directory, SETTINGS) == HEADER
    with pytest.raises(SettingsRefused, match="only with --behind-proxy"):
        posture_header(directory, replace(SETTINGS, behind_proxy=False, trusted_hops=()))


@pytest.mark.parametrize("name", ["X-Forwarded-For", "cookie", "Host", "a b", "Ünmanaged", "User-Agent", "p"])
def test_a_header_that_means_something_else_is_refused(tmp_path: Path, name: str) -> None:
    directory = DataDirectory(tmp_path)
    write_private(directory.settings_file, f'posture_header = "{name}"\n')
    with pytest.raises(SettingsRefused, match="no header of its own"):
        posture_header(directory, SETTINGS)
