"""Does a browser come back only to pages that are meant for it, by an address that is one?"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from ostiary.protocols.http.return_to import confirm_path, consent_path, find_return_to, sign_in_path, terms_path

_FINE = "/oauth2/authorize?client_id=a&state=%2F%2Fevil.example"


@pytest.mark.parametrize("back", ["/device?user_code=wdjb+mjht", "/somewhere", "", "//evil.example/account"])
def test_a_page_that_nobody_comes_back_to_is_left_out_and_the_address_stays_whole(back: str) -> None:
    assert confirm_path(back, "multi-factor") == "/signin/confirm?need=multi-factor"
    assert consent_path(back, {"client_id": "a", "scope": "openid email"}) == "/consent?client_id=a&scope=openid+email"
    assert (sign_in_path(back), terms_path(back)) == ("/signin", "/terms")


def test_a_page_that_is_meant_is_named_beside_the_rest() -> None:
    parts = urlsplit(confirm_path(_FINE, "multi-factor"))
    assert parts.path == "/signin/confirm"
    assert parse_qs(parts.query) == {"return_to": [_FINE], "need": ["multi-factor"]}


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example/account",
        "//evil.example/account",
        "/\\evil.example",
        "/account@evil.example",
        "/account\n",
        "/account/..//evil.example",
        "/account/%2e%2e/%2fevil.example",
        "/account//evil.example",
        "/\t/evil.example/account",
        "/oauth2/authorize",
        "/oauth2/authorize?" + "a" * 8001,
        "/oauth2/authorize?a=\r\nSet-Cookie: b=c",
        "/oauth2/authorize/../../evil?x",
        " /account",
        "javascript:/account",
        "/accounts",
        "/signin/confirm",
        "/signout",
    ],
)
def test_nobody_is_sent_to_where_nothing_waits_for_her(given: str) -> None:
    assert find_return_to(given) is None
