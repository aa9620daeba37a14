"""Are forged addresses, hosts, cookies, origins and forms seen for what they are? Random ones break nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import falcon
import pytest
from falcon import Request
from falcon.testing import TestClient, create_environ
from hypothesis import given
from hypothesis import strategies as st

from ostiary.domain.audit.caller import Door
from ostiary.protocols.http.client import (
    HostRules,
    ProxyTrust,
    check_host,
    client_address,
    external_origin,
    external_scheme,
    is_loopback,
    origin_of,
)
from ostiary.protocols.http.cookies import SESSION
from ostiary.protocols.http.errors import add_error_handlers
from ostiary.protocols.http.forms import parse_urlencoded, read_form, read_query
from ostiary.protocols.http.headers import HostCheck, RequestIds, SecurityHeaders
from ostiary.protocols.http.refusals import (
    BodyTooLarge,
    CrossSiteRequest,
    MalformedRequest,
    Misdirected,
    RequestRefused,
    WrongMediaType,
)
from ostiary.protocols.http.same_origin import check_csrf, check_same_origin, csrf_token

_NOBODY = ProxyTrust()
_PROXIES = ProxyTrust.of(["10.0.0.0/8", "fd00::/8"])
_FORM = "application/x-www-form-urlencoded"


def _request(
    *,
    peer: str = "192.0.2.1",
    method: str = "GET",
    body: bytes = b"",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    **named: str,
) -> Request:
    sent = {name.replace("_", "-"): value for name, value in {**named, **(headers or {})}.items()}
    environ = create_environ(
        "/", query_string=query, headers=sent, remote_addr=peer, method=method, body=body, host="id.example.com"
    )
    if "Host" in sent:
        environ["HTTP_HOST"] = sent["Host"]
    environ["REMOTE_ADDR"] = peer
    return Request(environ)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("fd00::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("", "203.0.113.9", ""),
        ("unix:", "203.0.113.9", ""),
    ],
)
def test_a_forwarded_address_is_believed_from_trusted_hops_only(peer: str, forwarded: str, client: str) -> None:
    assert client_address(_request(peer=peer, X_Forwarded_For=forwarded), _PROXIES) == client


def test_scheme_and_host_are_believed_from_a_trusted_hop_only() -> None:
    told = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "other.example"}
    assert external_origin(_request(peer="10.0.0.1", headers=told), _PROXIES) == "https://other.example"
    assert external_origin(_request(peer="192.0.2.1", headers=told), _PROXIES) == "http://id.example.com"
    assert external_scheme(_request(peer="10.0.0.1", X_Forwarded_Proto="gopher"), _PROXIES) == "http"
    assert external_scheme(_request(peer="10.0.0.1", X_Forwarded_Proto="https, http"), _PROXIES) == "http"


def test_what_the_client_says_about_the_request_id_is_not_used() -> None:
    assert origin_of(_request(X_Request_Id="mine"), Door.WEB, _NOBODY).request_id == ""


def test_the_page_that_the_client_names_is_what_it_says() -> None:
    assert origin_of(_request(Referer="https://a.example/"), Door.WEB, _NOBODY).referer == "https://a.example/"
    assert origin_of(_request(), Door.WEB, _NOBODY).referer == ""


@pytest.mark.parametrize("host", ["id.example.com", "ID.example.com", "id.example.com:443"])
def test_the_issuers_host_is_ours(host: str) -> None:
    rules = HostRules.for_issuer("https://id.example.com")
    check_host(_request(peer="10.0.0.1", Host=host, X_Forwarded_Proto="https"), _PROXIES, rules)


@pytest.mark.parametrize(
    "host", ["evil.example", "id.example.com.evil.example", "id.example.com:8443", "127.0.0.1", "localhost"]
)
def test_another_host_is_not_ours(host: str) -> None:
    rules = HostRules.for_issuer("https://id.example.com")
    with pytest.raises(Misdirected):
        check_host(_request(peer="10.0.0.1", Host=host, X_Forwarded_Proto="https"), _PROXIES, rules)


@pytest.mark.parametrize(
    "host", ["", "a,b", "id.example.com/x", "user@id.example.com", "id.example.com:port", "[::1", "é"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(MalformedRequest):
        check_host(_request(Host=host), _NOBODY, HostRules.for_issuer("https://id.example.com"))


def test_in_development_every_name_of_the_own_machine_is_ours() -> None:
    rules = HostRules.for_issuer("http://localhost:8000", development=True)
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "id.localhost:8000"):
        check_host(_request(Host=host), _NOBODY, rules)
    with pytest.raises(Misdirected):
        check_host(_request(Host="localhost.evil.example:8000"), _NOBODY, rules)


@given(st.text(max_size=60))
def test_no_text_breaks_the_look_at_a_host(text: str) -> None:
    assert is_loopback(text) in {True, False}


def _cookie_of(header: str, *, secure: bool = True) -> str | None:
    scheme = "https" if secure else "http"
    return SESSION.read(_request(peer="10.0.0.1", Cookie=header, X_Forwarded_Proto=scheme), _PROXIES)


def test_a_cookie_is_read_under_the_name_that_its_transport_has() -> None:
    assert _cookie_of("a=b; __Host-ostiary_session=x") == "x"
    assert _cookie_of("ostiary_session=x") is None
    assert _cookie_of("ostiary_session=x", secure=False) == "x"
    assert _cookie_of("__Host-ostiary_session=") is None


def test_a_cookie_that_was_tossed_in_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        _cookie_of("__Host-ostiary_session=mine; __Host-ostiary_session=theirs")
    assert _cookie_of("a=b,__Host-ostiary_session=theirs") is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "https://id.example.com"},
        {"Origin": "http://id.example.com:8080"},
        {"Origin": "http://id.example.com.evil.example"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://id.example.com"},
    ],
)
def test_a_form_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(CrossSiteRequest):
        check_same_origin(_request(method="POST", headers=headers), _NOBODY)


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "same-origin"}, {"Origin": "http://id.example.com"}])
def test_a_form_of_our_own_page_passes(headers: dict[str, str]) -> None:
    check_same_origin(_request(method="POST", headers=headers), _NOBODY)


def test_a_form_token_belongs_to_one_session() -> None:
    check_csrf(csrf_token(b"a"), b"a")
    for given_token in (None, "", csrf_token(b"b"), csrf_token(b"a") + "0", "\udc80"):
        with pytest.raises(CrossSiteRequest):
            check_csrf(given_token, b"a")


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=%20+%C3%A9&&b", {"a": "  é", "b": ""}),
        (b"a=b=c", {"a": "b=c"}),
    ],
)
def test_a_form_is_read(raw: bytes, fields: dict[str, str]) -> None:
    assert parse_urlencoded(raw) == fields


@pytest.mark.parametrize(
    "raw",
    [
        b"a=1&a=2",
        b"a=1&%61=2",
        b"a=%",
        b"a=%zz",
        b"a=%ff",
        b"a=%00",
        b"=x",
        b"a=\xff",
        b"a%00=1",
        b"&".join(b"a%d=" % n for n in range(101)),
    ],
)
def test_a_form_that_two_parsers_could_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_urlencoded(raw)


@given(st.binary(max_size=300))
def test_random_bytes_are_a_form_or_a_refusal(raw: bytes) -> None:
    try:
        fields = parse_urlencoded(raw)
    except MalformedRequest:
        return
    assert not any("\0" in value for value in fields.values())


@given(
    st.dictionaries(
        st.text(min_size=1, alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        max_size=20,
    )
)
def test_what_a_browser_sends_is_what_is_read(fields: dict[str, str]) -> None:
    assert parse_urlencoded(urlencode(fields).encode()) == fields


def test_a_form_is_at_most_64_kib_of_the_right_type() -> None:
    fits = b"a=" + b"x" * (64 * 1024 - 2)
    assert read_form(_request(method="POST", body=fits, Content_Type=_FORM))["a"]
    with pytest.raises(BodyTooLarge):
        read_form(_request(method="POST", body=fits + b"x", Content_Type=_FORM))
    for kind in ("", "application/json", "multipart/form-data", f"{_FORM}; charset=utf-16"):
        with pytest.raises(WrongMediaType):
            read_form(_request(method="POST", body=b"a=1", Content_Type=kind))


def test_a_body_without_a_declared_length_is_read_up_to_the_limit() -> None:
    request = _request(method="POST", body=b"a=" + b"x" * 100_000, Content_Type=_FORM)
    del request.env["CONTENT_LENGTH"]
    with pytest.raises(BodyTooLarge):
        read_form(request)


def test_a_query_is_as_strict_as_a_form() -> None:
    assert read_query(_request(query="a=1")) == {"a": "1"}
    for query in ("a=1&a=2", "a=%zz", "a=" + "x" * 20_000):
        with pytest.raises(MalformedRequest):
            read_query(_request(query=query))


class _Page:
    def on_get(self, _request: Request, response: falcon.Response) -> None:
        response.text = "fine"

    def on_post(self, request: Request, response: falcon.Response) -> None:
        raise ZeroDivisionError(request.path)


def _client(scheme: str = "http") -> TestClient:
    rules = HostRules.for_issuer(f"{scheme}://falconframework.org")
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[RequestIds(), SecurityHeaders(_NOBODY), HostCheck(_NOBODY, rules)]
    )
    app.add_route("/", _Page())
    add_error_handlers(app, {})
    return TestClient(app)


def test_every_answer_has_the_strict_headers_also_an_error() -> None:
    for answer in (_client().simulate_get("/"), _client().simulate_get("/nothing"), _client().simulate_post("/")):
        headers = answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]
        assert "strict-transport-security" not in headers


def test_over_tls_browsers_are_told_to_stay_there() -> None:
    answer = _client("https").simulate_get("/", protocol="https")
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_what_breaks_inside_stays_inside() -> None:
    answer = _client().simulate_post("/")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_a_refusal_names_its_status() -> None:
    assert {kind.status for kind in RequestRefused.__subclasses__()} == {400, 403, 413, 415, 421}
    assert _client().simulate_get("/", headers={"Host": "evil.example"}).status_code == 421
    assert _client().simulate_delete("/").status_code == 405
