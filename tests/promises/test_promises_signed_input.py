"""Promise 5, for who can sign: whatever is sent to any operation, the answer has its protocol's form."""

from __future__ import annotations

import http.client
import importlib
import json
import math
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.protocols import aws
from ostiary.protocols.aws.wire import SERVICES
from ostiary.protocols.aws.wire.model import PROTOCOLS, TARGET_PREFIXES, ServiceModel, Shape, load
from ostiary.protocols.aws.wire.service import Service
from parts.server import OstiaryServer, prepare_server, start_on_a_free_port

BOUNDED = settings(
    max_examples=14, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
REGION = "us-east-1"
ACCOUNT = "123456789012"  # in inputs; the server's own takes its place
_REDIRECTIONS, _FAULTS = 300, 500


def _services() -> Iterator[Service[Any]]:
    """Every package beside the gateway that has a table."""
    for found in pkgutil.iter_modules(aws.__path__):
        module = importlib.import_module(f"{aws.__name__}.{found.name}")
        if hasattr(module, "SERVICE"):
            yield module.SERVICE


OPERATIONS = [(service.name, name) for service in _services() for name in service.operations]


@dataclass(frozen=True, slots=True)
class Asked:
    server: OstiaryServer
    credentials: Credentials

    def send(
        self, service: str, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Signed as it is; the body is sent as it was signed."""
        body = body.replace(ACCOUNT.encode(), self.server.init["account"].encode())
        url = f"{self.server.aws_endpoint_url}{path}"
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        SigV4Auth(self.credentials, SERVICES[service], REGION).add_auth(request)
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)) as connection:
            connection.request(method, f"/aws{path}", body=body, headers=dict(request.headers.items()))
            answered = connection.getresponse()
            return answered.status, {k.lower(): v for k, v in answered.getheaders()}, answered.read()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    server = prepare_server(tmp_path_factory.mktemp("signed-input") / "data", options=("--workers", "1"))
    start_on_a_free_port(server)
    role = f"arn:aws:iam::{server.init['account']}:role/OstiaryAdministrator"
    given = server.credentials(role=role)
    yield Asked(server, Credentials(given.access_key_id, given.secret_access_key, given.session_token))
    server.close()


# --- values that fit the model, and values that do not ---------------------------------------------------------------

ROLE = f"arn:aws:iam::{ACCOUNT}:role/OstiaryAdministrator"
POLICIES = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","s3:?*"],"Resource":"arn:aws:s3:::${a:b}*"}]}',
    '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAllValues:StringLike":{"aws:TagKeys":""}}}}',
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"a:${b:c","Resource":"arn:aws:s3:::\\ud800"}]}',
    '{"Statement":' + "[" * 5000,
    '{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}',
)
TEXTS = st.sampled_from(
    [
        "",
        "a",
        "*",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud800",
        "\uffff",
        "\u202e\u0000x",
        "..",
        "../../etc/passwd",
        "%00",
        "' OR 1=1 --",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "${aws:username}",
        "{{7*7}}",
        "\r\nX-Injected: 1",
        "9" * 400,
        "a" * 70_000,
        "é" * 2049,
        "AWSCURRENT",
        "iam:GetUser",
        "aws:username",
        "123456789012",
        "arn:aws:iam::123456789012:role/x",
        "arn:aws:iam::*:role/*",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf",
        "arn:" * 500,
        "2026-01-01T00:00:00Z",
        "WyJhIiwxXQ==",
        "IDENTITY_POLICY",
        "01234567-89ab-cdef-0123-456789abcdef",
        *POLICIES,
    ]
) | st.text(max_size=30)
# By a part of the shape's name: what gets past the first checks, so that the others meet something, too.
LIKELY: Mapping[str, tuple[str, ...]] = {
    "policy": POLICIES,
    "document": POLICIES,
    "actionname": ("iam:GetUser", "s3:GetObject", "secretsmanager:GetSecretValue"),
    "contextkeyname": ("aws:username", "key:a", "aws:TagKeys"),
    "contextkeyvalue": ("a", "", "1", "true", "2026-01-01T00:00:00Z", "\0"),
    "resourcename": ("*", "arn:aws:s3:::a/b", "arn:aws:s3:::?*"),
    "resource": ("*", "arn:aws:s3:::a/*"),
    "action": ("iam:Get*", "s3:*"),
    "arn": (ROLE, f"arn:aws:iam::{ACCOUNT}:role/missing", f"arn:aws:iam::{ACCOUNT}:user/x"),
    "sessionname": ("worker", "a*", "a b"),
    "secretid": ("a", "a/b", "a b"),
    "name": ("a", "a/b", "c"),
    "token": ("01234567-89ab-cdef-0123-456789abcdef",),
    "stage": ("AWSCURRENT", "AWSPREVIOUS", "mine"),
}
NUMBERS = st.sampled_from([0, -1, 1, 7, 100, 3600, 2**31, -(2**63), 2**64, 10**30, 0.5, 1e308, math.inf, math.nan])
ANYTHING: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SCALARS: Mapping[str, st.SearchStrategy[object]] = {
    "boolean": st.booleans(),
    "integer": NUMBERS,
    "long": NUMBERS,
    "float": NUMBERS,
    "double": NUMBERS,
    "timestamp": NUMBERS | TEXTS,
    "blob": st.sampled_from(["", "AA==", "A", "====", "A" * 90_001]) | TEXTS,
}


def value_of(shape: Shape, depth: int = 0) -> st.SearchStrategy[object]:
    """Mostly what the model asks for, with hostile leaves; now and then something else altogether."""
    return st.integers(0, 24).flatmap(lambda dice: ANYTHING if dice == 0 else _fitting(shape, depth))


def _fitting(shape: Shape, depth: int) -> st.SearchStrategy[object]:
    if depth > 4:
        return ANYTHING
    match shape.kind:
        case "structure":
            return structure_of(shape, depth)
        case "list":
            return st.lists(value_of(shape.part("member"), depth + 1), max_size=3)
        case "map":
            return st.dictionaries(TEXTS, value_of(shape.part("value"), depth + 1), max_size=3)
        case "string":
            likely = shape.traits.get("enum") or likely_of(shape.name)
            return st.integers(0, 4).flatmap(lambda dice: st.sampled_from(likely) if dice and likely else TEXTS)
        case kind:
            return SCALARS[kind]


def likely_of(shape_name: str) -> tuple[str, ...]:
    return next((texts for part, texts in LIKELY.items() if part in shape_name.lower()), ())


def structure_of(shape: Shape, depth: int = 0) -> st.SearchStrategy[dict[str, object]]:
    members = {shape_.wire_name(name): value_of(shape_, depth + 1) for name, shape_ in shape.members()}
    required = set(shape.traits.get("required", ()))
    needed = {name: value for name, value in members.items() if name in required}
    others = {name: value for name, value in members.items() if name not in required}
    fitting = st.fixed_dictionaries(needed, optional=others)
    missing = st.fixed_dictionaries({}, optional=members)
    extra = st.tuples(fitting, st.dictionaries(TEXTS, ANYTHING, min_size=1, max_size=2)).map(
        lambda two: two[0] | two[1]
    )
    return st.integers(0, 9).flatmap(lambda dice: {0: missing, 1: extra}.get(dice, fitting))


def as_form(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Members as the query protocol writes them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from as_form(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from as_form(inner, f"{name}.member.{number}")
    else:
        yield name, value if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def written(model: ServiceModel, name: str, given: object) -> bytes:
    if model.protocol != "query":
        return json.dumps(given).encode()
    pairs = [("Action", name), ("Version", model.api_version), *as_form(given)]
    return "&".join(f"{quoted(key)}={quoted(value)}" for key, value in pairs).encode()


BROKEN = st.one_of(
    st.binary(max_size=200),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"",
            b"{}",
            b'{"a":1,"a":2}',
            b'{"SecretId":"a","SecretId":"b"}',
            b'{"a":' * 30_000,
            b"[" * 100_000,
            b'{"a":1e999999999}',
            b'{"a":' + b"9" * 50_000 + b"}",
            b'"\\ud800"',
            b"\xff\xfe{\x00}\x00",
            b"Action=a&Action=b",
            b"&" * 20_000,
            b"a=%zz&b=%ff",
            b"<a/>",
            b"a" * ((1 << 20) + 1),
        ]
    ),
)


def bodies(model: ServiceModel, name: str) -> st.SearchStrategy[bytes]:
    raw = model.operations[name]
    shape = model.shape(raw["input"]) if "input" in raw else None
    fitting = structure_of(shape) if shape is not None else st.just({})
    whole = fitting.map(lambda value: written(model, name, value))
    cut = st.tuples(whole, st.integers(1, 20)).map(lambda two: two[0][: -two[1]])
    return st.integers(0, 9).flatmap(lambda dice: BROKEN if dice < 2 else cut if dice == 2 else whole)


def headers_of(service: str, name: str) -> dict[str, str]:
    if PROTOCOLS[service] == "query":
        return {"Content-Type": "application/x-www-form-urlencoded"}
    if PROTOCOLS[service] == "rest-json":
        return {"Content-Type": "application/json"}
    prefix = next(prefix for prefix, of in TARGET_PREFIXES.items() if of == service)
    return {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{prefix}.{name}"}


# --- what comes back -------------------------------------------------------------------------------------------------


def check_answer(service: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Its protocol's own form, never a fault."""
    told = (service, status, body[:300])
    assert 200 <= status < _FAULTS, told
    assert not _REDIRECTIONS <= status < 400, told
    assert b"Traceback" not in body, told
    assert "x-injected" not in headers
    if PROTOCOLS[service] == "query":
        root = ET.fromstring(body)  # noqa: S314 - our own server wrote it
        if status >= _REDIRECTIONS:
            assert root.tag.endswith("}ErrorResponse"), told
            assert root.findtext("{*}Error/{*}Code"), told
    else:
        answer = json.loads(body)
        assert isinstance(answer, dict), told
        assert status < _REDIRECTIONS or answer["__type"], told


@pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=[f"{service}.{name}" for service, name in OPERATIONS])
@BOUNDED
@given(data=st.data())
def test_a_signed_request_with_any_input_is_answered_in_its_form(
    asked: Asked, service: str, name: str, data: st.DataObject
) -> None:
    model = load(service)
    method = model.operations[name]["http"]["method"]
    path = model.operations[name]["http"]["requestUri"] if model.protocol == "rest-json" else "/"
    body = data.draw(bodies(model, name))
    check_answer(service, *asked.send(service, method, path, body, headers_of(service, name)))


@BOUNDED
@given(one=st.sampled_from(OPERATIONS), other=st.sampled_from(OPERATIONS), data=st.data())
def test_an_operation_in_the_form_of_another_protocol_is_refused_in_the_form_of_the_signed_service(
    asked: Asked, one: tuple[str, str], other: tuple[str, str], data: st.DataObject
) -> None:
    (service, _), (wrong, name) = one, other
    if PROTOCOLS[service] == PROTOCOLS[wrong]:
        return
    body = data.draw(bodies(load(wrong), name))
    status, headers, answer = asked.send(service, "POST", "/", body, headers_of(wrong, name))
    assert 400 <= status < _FAULTS, (service, wrong, name, answer[:300])
    assert "x-amzn-requestid" in headers
    text = answer.decode()
    assert text.startswith("<ErrorResponse ") or json.loads(text)["__type"]


def test_afterwards_the_server_works_and_its_trail_verifies(asked: Asked) -> None:
    form = b"Action=GetCallerIdentity&Version=2011-06-15"
    status, _, body = asked.send("sts", "POST", "/", form, headers_of("sts", "GetCallerIdentity"))
    assert status == 200, body
    assert b"OstiaryAdministrator" in body
    assert len(asked.server.worker_pids()) >= 1
    log = asked.server.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    asked.server.run("audit", "verify")
