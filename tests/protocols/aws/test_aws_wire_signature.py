"""Is exactly what the holder of the key signed accepted, and nothing else?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import aws_wire_client as boto
from ostiary.protocols.aws import wire

UUID = "01234567-89ab-cdef-0123-456789abcdef"
ARN = "arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/a b"
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("sts", "GetCallerIdentity", {}),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::123456789012:role/ci/deploy", "RoleSessionName": "a+b@c", "Policy": '{"a": "é & %"}'},
    ),
    ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "k", "Value": ""}]}),
    ("secretsmanager", "GetSecretValue", {"SecretId": "prod/dä tabase"}),
    ("secretsmanager", "CreateSecret", {"Name": "n", "SecretBinary": b"\0\1"}),
    ("cloudtrail", "LookupEvents", {"StartTime": datetime(2026, 1, 1, tzinfo=UTC), "MaxResults": 5}),
    ("sso-admin", "ListInstances", {}),
    ("identitystore", "ListUsers", {"IdentityStoreId": "d-0123456789"}),
    ("rolesanywhere", "GetProfile", {"profileId": UUID}),
    ("rolesanywhere", "EnableProfile", {"profileId": UUID}),
    ("rolesanywhere", "ListTagsForResource", {"resourceArn": "arn:aws:rolesanywhere:eu-west-1:123456789012:crl/~x"}),
    (
        "rolesanywhere",
        "DeleteAttributeMapping",
        {"profileId": UUID, "certificateField": "x509Issuer", "specifiers": ["CN", "a b"]},
    ),
    ("rolesanywhere", "CreateProfile", {"name": "p", "roleArns": ["arn:aws:iam::123456789012:role/r"]}),
    ("accessanalyzer", "ListTagsForResource", {"resourceArn": ARN}),
    ("accessanalyzer", "TagResource", {"resourceArn": ARN, "tags": {"k": "v"}}),
    ("accessanalyzer", "GetArchiveRule", {"analyzerName": "a", "ruleName": "b"}),
    ("accessanalyzer", "GetAnalyzer", {"analyzerName": "a"}),
]
NAMES = [f"{service}.{name}" for service, name, _ in CALLS]


@pytest.mark.parametrize("token", [None, boto.TOKEN])
@pytest.mark.parametrize(("service", "name", "parameters"), CALLS, ids=NAMES)
def test_what_botocore_signs_is_accepted_and_read_as_it_was_given(
    service: str, name: str, parameters: dict[str, Any], token: str | None
) -> None:
    request = boto.capture(service, name, parameters, token=token)
    operation = boto.accept(request)
    assert (operation.service, operation.name) == (service, name)
    read = wire.parse_input(operation, request)
    assert {key: value for key, value in read.items() if key in parameters} == parameters
    signature = wire.read_signature(request)
    assert signature is not None
    assert signature.session_token == token


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8080/aws", "http://127.0.0.1:8080/aws/", "https://h/aws"])
def test_the_endpoint_may_end_with_a_slash_or_not(endpoint: str) -> None:
    boto.accept(boto.capture("sts", "GetCallerIdentity", {}, endpoint=endpoint))


@pytest.mark.parametrize("token", [None, boto.TOKEN])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_presigned_url_of_botocore_is_accepted(method: str, token: str | None) -> None:
    url = boto.client("sts", token=token).generate_presigned_url("get_caller_identity", HttpMethod=method)
    operation = boto.accept(boto.from_url(method, url, {}))
    assert operation.name == "GetCallerIdentity"
    assert wire.parse_input(operation, boto.from_url(method, url, {})) == {}


def presigned_for(
    action: str = "GetCallerIdentity", *, expires: int = 60, token: str | None = None
) -> wire.WireRequest:
    url = boto.client("sts", token=token).generate_presigned_url(
        "get_caller_identity", ExpiresIn=expires, HttpMethod="GET"
    )
    return boto.from_url("GET", url, {})


Change = Callable[[wire.WireRequest], wire.WireRequest]


def header(name: str, value: str | None) -> Change:
    def change(request: wire.WireRequest) -> wire.WireRequest:
        headers = {key: each for key, each in request.headers.items() if key != name}
        return replace(request, headers=headers if value is None else {**headers, name: value})

    return change


def edit_header(name: str, edit: Callable[[str], str]) -> Change:
    return lambda request: header(name, edit(request.headers[name]))(request)


def authorization(pattern: str, replacement: str) -> Change:
    def edit(value: str) -> str:
        changed = re.sub(pattern, replacement, value)
        assert changed != value
        return changed

    return edit_header("authorization", edit)


def query(extra: str) -> Change:
    return lambda request: replace(request, raw_query=f"{request.raw_query}&{extra}".lstrip("&"))


HEADER_ATTACKS: dict[str, Change] = {
    "signed header's value": header("content-type", "application/x-www-form-urlencoded"),
    "host": header("host", "evil.example:8080"),
    "second host": edit_header("host", lambda value: f"{value},{value}"),
    "no host": header("host", None),
    "added x-amz header": header("x-amz-new", "1"),
    "duplicate date": edit_header("x-amz-date", lambda value: f"{value},{value}"),
    "other date": edit_header("x-amz-date", lambda value: value[:-3] + ("00Z" if value[-3:-1] != "00" else "01Z")),
    "no date": header("x-amz-date", None),
    "date without zone": edit_header("x-amz-date", lambda value: value[:-1]),
    "token swapped": header("x-amz-security-token", boto.TOKEN[::-1]),
    "token truncated": edit_header("x-amz-security-token", lambda value: value[:-1]),
    "token removed": header("x-amz-security-token", None),
    "token twice": edit_header("x-amz-security-token", lambda value: f"{value}, {value}"),
    "body": lambda request: replace(request, body=request.body + b"&ExternalId=other"),
    "no body": lambda request: replace(request, body=b""),
    "body moved to query": lambda request: replace(request, body=b"", raw_query=request.body.decode()),
    "query added": query("ExternalId=other"),
    "method": lambda request: replace(request, method="PUT"),
    "path": lambda request: replace(request, path="/other"),
    "path with two slashes": lambda request: replace(request, path="//"),
    "path with dots": lambda request: replace(request, path="/.."),
    "mount": lambda request: replace(request, mount="/other"),
    "scope date": authorization(r"/20\d{6}/", "/20200101/"),
    "region": authorization("eu-west-1", "us-east-1"),
    "service": authorization("/sts/", "/iam/"),
    "unknown service": authorization("/sts/", "/s3/"),
    "terminator": authorization("aws4_request", "aws4_other"),
    "host not signed": authorization("host;", ""),
    "date not signed": authorization("x-amz-date;", ""),
    "token not signed": authorization(";x-amz-security-token", ""),
    "content type not signed": authorization("content-type;", ""),
    "unsorted headers": authorization("content-type;host", "host;content-type"),
    "header named twice": authorization("host;", "host;host;"),
    "absent header named": authorization("host;", "host;x-absent;"),
    "upper-case header name": authorization("host;", "Host;"),
    "signature": authorization(r"Signature=.", "Signature=z"),
    "zero signature": authorization(r"Signature=\w+", "Signature=" + "0" * 64),
    "short signature": authorization(r".$", ""),
    "no signature": authorization(r", Signature=\w+", ""),
    "signature twice": authorization(r"(Signature=\w+)", r"\1, \1"),
    "two authorizations": edit_header("authorization", lambda value: f"{value},{value}"),
    "other algorithm": authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    "no algorithm": header("authorization", "Bearer token"),
    "empty authorization": header("authorization", ""),
    "signed in the query too": query("X-Amz-Signature=" + "0" * 64),
    "signed in the query too, in lower case": query("x-amz-signature=" + "0" * 64),
    "unsigned payload": header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    "streaming payload": header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    "plus in the query": query("a=b+c"),
    "bad escape in the query": query("a=%zz"),
}


@pytest.fixture(scope="module")
def signed() -> wire.WireRequest:
    parameters = {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"}
    return boto.capture("sts", "AssumeRole", parameters, token=boto.TOKEN)


@pytest.mark.parametrize("attack", HEADER_ATTACKS)
def test_a_changed_request_is_refused(attack: str, signed: wire.WireRequest) -> None:
    boto.accept(signed)
    changed = HEADER_ATTACKS[attack](signed)
    assert changed != signed
    with pytest.raises(wire.WireError) as refused:
        boto.accept(changed)
    assert 400 <= refused.value.status < 500
    assert boto.SECRET not in str(refused.value)


def test_another_secret_is_refused(signed: wire.WireRequest) -> None:
    with pytest.raises(wire.WireError, match="SignatureDoesNotMatch"):
        boto.accept(signed, secret=boto.SECRET[:-1])


@pytest.mark.parametrize("minutes", [-16, 16, -100_000, 100_000])
def test_a_signature_outside_the_window_is_refused(minutes: int, signed: wire.WireRequest) -> None:
    with pytest.raises(wire.WireError, match=r"Signature (expired|not yet current)"):
        boto.accept(signed, now=datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_may_be_fourteen_minutes_off(minutes: int, signed: wire.WireRequest) -> None:
    boto.accept(signed, now=datetime.now(UTC) + timedelta(minutes=minutes))


def edit_query(pattern: str, replacement: str) -> Change:
    def change(request: wire.WireRequest) -> wire.WireRequest:
        changed = re.sub(pattern, replacement, request.raw_query)
        assert changed != request.raw_query
        return replace(request, raw_query=changed)

    return change


QUERY_ATTACKS: dict[str, Change] = {
    "action": edit_query("GetCallerIdentity", "GetSessionToken"),
    "second action": query("Action=GetSessionToken"),
    "expires longer": edit_query("X-Amz-Expires=60", "X-Amz-Expires=61"),
    "expires too long": edit_query("X-Amz-Expires=60", "X-Amz-Expires=604801"),
    "expires zero": edit_query("X-Amz-Expires=60", "X-Amz-Expires=0"),
    "expires negative": edit_query("X-Amz-Expires=60", "X-Amz-Expires=-60"),
    "no expires": edit_query("&X-Amz-Expires=60", ""),
    "expires twice": query("X-Amz-Expires=60"),
    "token swapped": edit_query("X-Amz-Security-Token=IQo", "X-Amz-Security-Token=IQp"),
    "token removed": edit_query("&X-Amz-Security-Token=[^&]+", ""),
    "token twice": query("X-Amz-Security-Token=a"),
    "token in the header too": header("x-amz-security-token", boto.TOKEN),
    "date in the header too": header("x-amz-date", "20260101T000000Z"),
    "signature twice": query("X-Amz-Signature=" + "0" * 64),
    "lower-case duplicate": query("x-amz-signature=" + "0" * 64),
    "no algorithm": edit_query("&?X-Amz-Algorithm=[^&]+", ""),
    "other algorithm": edit_query("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    "no signed headers": edit_query("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
    "region": edit_query("eu-west-1", "us-east-1"),
    "service": edit_query("%2Fsts%2F", "%2Fiam%2F"),
    "date": edit_query(r"X-Amz-Date=(\d{8})T\d{4}", r"X-Amz-Date=\1T0000"),
    "host": header("host", "evil.example"),
    "added x-amz header": header("x-amz-target", "secretsmanager.GetSecretValue"),
    "body": lambda request: replace(request, body=b"RoleArn=x"),
    "method": lambda request: replace(request, method="POST"),
    "added parameter": query("Extra=1"),
    "authorization too": header("authorization", "AWS4-HMAC-SHA256 Credential=x"),
}


@pytest.mark.parametrize("attack", QUERY_ATTACKS)
def test_a_changed_presigned_request_is_refused(attack: str) -> None:
    request = presigned_for(token=boto.TOKEN)
    boto.accept(request)
    with pytest.raises(wire.WireError):
        boto.accept(QUERY_ATTACKS[attack](request))


def test_a_presigned_request_expires_when_it_says() -> None:
    request = presigned_for(expires=60)
    boto.accept(request, now=datetime.now(UTC) + timedelta(seconds=55))
    with pytest.raises(wire.WireError, match="RequestExpired"):
        boto.accept(request, now=datetime.now(UTC) + timedelta(seconds=61))
    with pytest.raises(wire.WireError, match="not yet current"):
        boto.accept(request, now=datetime.now(UTC) - timedelta(minutes=16))


IDENTITY = b"Action=GetCallerIdentity&Version=2011-06-15"


def sign_by_hand(headers: dict[str, str], *, body: bytes = IDENTITY) -> wire.WireRequest:
    request = AWSRequest("POST", "http://127.0.0.1:8080/aws", headers=headers, data=body)
    SigV4Auth(Credentials(boto.KEY, boto.SECRET), "sts", "eu-west-1").add_auth(request)
    return boto.from_url("POST", request.url, dict(request.headers.items()), body)


def test_a_declared_hash_of_the_body_is_accepted_when_true() -> None:
    boto.accept(sign_by_hand({"X-Amz-Content-SHA256": hashlib.sha256(IDENTITY).hexdigest()}))


@pytest.mark.parametrize("declared", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64, ""])
def test_a_signed_but_false_hash_of_the_body_is_refused(declared: str) -> None:
    with pytest.raises(wire.WireError):
        boto.accept(sign_by_hand({"X-Amz-Content-SHA256": declared}))


def test_spaces_in_a_signed_header_are_folded_as_the_specification_says() -> None:
    boto.accept(sign_by_hand({"X-Other": "  a   b "}))


def test_a_path_that_can_be_read_in_two_ways_is_refused() -> None:
    request = boto.capture("accessanalyzer", "GetFinding", {"id": "a", "analyzerArn": ARN})
    boto.accept(request)
    for path in ("/finding/a/../b", "/finding//a", "/finding/./a", "/finding/a/", "/finding/", "/finding/a\\b"):
        with pytest.raises(wire.WireError):
            boto.accept(replace(request, path=path))


def test_a_label_swapped_for_another_is_refused() -> None:
    request = boto.capture("rolesanywhere", "GetProfile", {"profileId": UUID})
    with pytest.raises(wire.WireError, match="SignatureDoesNotMatch"):
        boto.accept(replace(request, path="/profile/" + UUID.replace("0", "1")))


def test_a_request_without_any_signature_has_none() -> None:
    assert wire.read_signature(boto.from_url("POST", "http://127.0.0.1/aws", {})) is None
    assert wire.read_signature(boto.from_url("GET", "http://127.0.0.1/aws?Action=x", {})) is None
