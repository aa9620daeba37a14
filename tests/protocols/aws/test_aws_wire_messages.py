"""Is every input checked by the model, and does boto3 read every answer as it was meant?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore
import botocore.loaders
import botocore.parsers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aws_wire_client as boto
from ostiary.protocols.aws import wire
from ostiary.protocols.aws.wire import error_writer, model
from ostiary.protocols.aws.wire.constraints import translate

WHEN = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
FORM = {"host": "h", "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
ROLE = "RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=session"
VERSION = "Version=2011-06-15"


def form(body: str, **headers: str) -> wire.WireRequest:
    return wire.WireRequest("POST", "/", "", {**FORM, **headers}, body.encode())


def assume_role(extra: str) -> dict[str, Any]:
    return wire.parse_input(wire.operation("sts", "AssumeRole"), form(f"Action=AssumeRole&{VERSION}&{extra}"))


def read_json(target: str, body: bytes) -> dict[str, Any]:
    request = wire.WireRequest(
        "POST", "/", "", {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}, body
    )
    service = model.TARGET_PREFIXES[target.rpartition(".")[0]]
    return wire.parse_input(wire.route(request, model.SERVICES[service]), request)


def test_every_operation_of_every_service_compiles() -> None:
    for service in wire.SERVICES:
        for name in wire.service_operations(service):
            assert wire.operation(service, name).name == name


def test_every_pattern_of_the_models_can_be_checked() -> None:
    for service in wire.SERVICES:
        for shape in model.load(service).shapes.values():
            if pattern := shape.get("pattern"):
                translate(pattern)


def test_the_tables_of_services_agree_with_the_models() -> None:
    for service, scope in wire.SERVICES.items():
        metadata = model.load(service).metadata
        assert scope == metadata.get("signingName", metadata["endpointPrefix"])
        assert model.PROTOCOLS[service] == metadata["protocol"]
        if metadata["protocol"] == "json":
            assert model.TARGET_PREFIXES[metadata["targetPrefix"]] == service


def test_the_model_that_is_read_is_the_one_that_botocores_loader_reads() -> None:
    loader = botocore.loaders.Loader(include_default_search_paths=False)
    loader.search_paths.append(str(Path(botocore.__file__).parent / "data"))
    for service in wire.SERVICES:
        version = loader.determine_latest_version(service, "service-2")
        assert version == model.load(service).api_version


def test_lists_and_structures_of_the_query_protocol_are_read() -> None:
    read = assume_role(
        f"{ROLE}&DurationSeconds=900&Tags.member.1.Key=team&Tags.member.1.Value=a+b&Tags.member.2.Key=x"
        "&Tags.member.2.Value=&TransitiveTagKeys.member.1=team&Unknown=1"
    )
    assert read == {
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "RoleSessionName": "session",
        "DurationSeconds": 900,
        "Tags": [{"Key": "team", "Value": "a b"}, {"Key": "x", "Value": ""}],
        "TransitiveTagKeys": ["team"],
    }


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ("", "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
        (
            "RoleArn=x&RoleSessionName=ab",
            "Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length",
        ),
        (f"{ROLE}%00", "Member must satisfy regular expression pattern"),
        (f"{ROLE}%C3%A9", "Member must satisfy regular expression pattern"),
        (f"{ROLE}%0A", "Member must satisfy regular expression pattern"),
        (f"{ROLE}&DurationSeconds=899", "Member must have value greater than or equal to 900"),
        (f"{ROLE}&DurationSeconds=43201", "Member must have value less than or equal to 43200"),
        (f"{ROLE}&DurationSeconds=9e3", "wrong type"),
        (f"{ROLE}&DurationSeconds=%D9%A9%D9%A9%D9%A9%D9%A9", "wrong type"),
        (f"{ROLE}&DurationSeconds.x=900", "wrong type"),
        (f"{ROLE}&Tags.member.1.Value=v", "Value null at 'tags.1.member.key'"),
        (f"{ROLE}&Tags.member.2.Key=k&Tags.member.2.Value=v", "without a gap"),
        (f"{ROLE}&Tags.member.01.Key=k&Tags.member.01.Value=v", "without a gap"),
        (f"{ROLE}&Tags.1.Key=k&Tags.1.Value=v", "member.1"),
        (f"{ROLE}&Tags=x", "wrong type"),
    ],
)
def test_an_input_that_breaks_the_model_is_a_validation_error_in_awss_words(extra: str, text: str) -> None:
    with pytest.raises(wire.WireError) as refused:
        assume_role(extra)
    assert refused.value.code == "ValidationError"
    assert refused.value.status == 400
    assert text in refused.value.message


@pytest.mark.parametrize(
    "extra",
    [
        f"{ROLE}&RoleArn=x",
        f"{ROLE}&RoleArn=x".replace("&RoleArn", "&Role%41rn"),
        f"{ROLE}&Tags=&Tags.member.1.Key=k",
        f"{ROLE}&a.b=1&a=2",
        f"{ROLE}&a..b=1",
        ROLE + "&" + ".".join("a" * 40) + "=1",
        f"{ROLE}&a=%ff",
        f"{ROLE}&a=%z",
        f"{ROLE}&Action=GetCallerIdentity",
        "&".join(f"a{n}=" for n in range(5000)),
    ],
)
def test_parameters_that_can_be_read_in_two_ways_are_refused(extra: str) -> None:
    with pytest.raises(wire.WireError) as refused:
        assume_role(extra)
    assert refused.value.code == "MalformedQueryString"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "ValidationException"),
        (b"{}", "ValidationException"),
        (b'{"SecretId": null}', "ValidationException"),
        (b'{"SecretId": ""}', "ValidationException"),
        (b'{"SecretId": 1}', "SerializationException"),
        (b'{"SecretId": "a', "SerializationException"),
        (b'{"SecretId": "\xff"}', "SerializationException"),
        (b'{"SecretId": "\\ud800"}', "SerializationException"),
        (b"[]", "SerializationException"),
        (b"[" * 100_000, "SerializationException"),
        (b'{"a":' * 100_000, "SerializationException"),
        (b"Action=GetSecretValue", "SerializationException"),
        (b"<GetSecretValue/>", "SerializationException"),
    ],
)
def test_a_json_body_that_breaks_the_model_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(wire.WireError) as refused:
        read_json("secretsmanager.GetSecretValue", body)
    assert refused.value.code == code
    assert refused.value.status == 400


def test_json_scalars_keep_their_types() -> None:
    for body in (
        b'{"MaxResults": "5"}',
        b'{"MaxResults": 5.5}',
        b'{"MaxResults": true}',
        b'{"StartTime": "2026-01-31"}',
        b'{"StartTime": 1e300}',
        b'{"StartTime": 1e999}',
        b'{"LookupAttributes": [null]}',
    ):
        with pytest.raises(wire.WireError, match="SerializationException"):
            read_json("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", body)
    assert read_json(
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", b'{"StartTime": 1769851800, "X": 1}'
    ) == {"StartTime": WHEN}


def test_a_sensitive_value_is_not_told_again() -> None:
    secret = "s" * 70_000
    with pytest.raises(wire.WireError) as refused:
        read_json("secretsmanager.CreateSecret", b'{"Name": "n", "SecretString": "' + secret.encode() + b'"}')
    assert "sss" not in refused.value.message
    assert refused.value.code == "ValidationException"


def test_the_body_of_another_protocol_or_encoding_is_refused() -> None:
    operation, body = wire.operation("sts", "AssumeRole"), f"Action=AssumeRole&{VERSION}&{ROLE}"
    wire.parse_input(operation, form(body))
    for headers in (
        {"content-type": "application/json"},
        {"content-type": "multipart/form-data"},
        {"content-encoding": "gzip"},
    ):
        with pytest.raises(wire.WireError):
            wire.parse_input(operation, replace(form(body), headers=headers))
    with pytest.raises(wire.WireError, match="RequestEntityTooLarge"):
        wire.parse_input(operation, form(body + "&a=" + "a" * 2**20))


def test_unsigned_calls_reach_only_operations_that_allow_it() -> None:
    request = form(f"Action=AssumeRoleWithWebIdentity&{VERSION}")
    assert wire.route(request, None).name == "AssumeRoleWithWebIdentity"
    portal = wire.WireRequest("GET", "/federation/credentials", "role_name=r&account_id=1", {"host": "h"}, b"")
    assert wire.route(portal, None).name == "GetRoleCredentials"
    token = wire.WireRequest("POST", "/token", "", {"host": "h"}, b"{}")
    assert wire.route(token, None).name == "CreateToken"
    for refused in (
        form(f"Action=AssumeRole&{VERSION}"),
        form("Action=CreateUser&Version=2010-05-08"),
        form("", **{"x-amz-target": "secretsmanager.GetSecretValue"}),
        replace(token, raw_query="aws_iam=t"),
    ):
        with pytest.raises(wire.WireError, match="MissingAuthenticationToken"):
            wire.route(refused, None)


def test_what_is_unknown_or_contradicts_itself_answers_400_in_its_protocol() -> None:
    target = {"x-amz-target": "secretsmanager.GetSecretValue"}
    cases: list[tuple[wire.WireRequest, str | None, bytes]] = [
        (form(f"Action=Nothing&{VERSION}"), "sts", b"<Code>InvalidAction</Code>"),
        (form(f"Action=CreateUser&{VERSION}"), "sts", b"<Code>InvalidAction</Code>"),
        (form(f"Action=Nothing&{VERSION}"), None, b"<Code>InvalidAction</Code>"),
        (form(""), "sts", b"<Code>MissingAction</Code>"),
        (form(f"Action=GetCallerIdentity&{VERSION}"), "s3", b"<Code>InvalidAction</Code>"),
        (form("", **target), "iam", b'"UnknownOperationException"'),
        (form("", **target), "cloudtrail", b'"UnknownOperationException"'),
        (form("", **{"x-amz-target": "secretsmanager.Nothing"}), "secretsmanager", b'"UnknownOperationException"'),
        (form("", **{"x-amz-target": "DynamoDB_20120810.GetItem"}), None, b'"UnknownOperationException"'),
        (replace(form(""), path="/nothing"), "rolesanywhere", b'"UnknownOperationException"'),
        (replace(form(""), path="/nothing"), None, b'"UnknownOperationException"'),
        (replace(form("", **target), path="/x"), "secretsmanager", b'"UnknownOperationException"'),
    ]
    for request, service, expected in cases:
        with pytest.raises(wire.WireError) as refused:
            wire.route(request, service)
        answer = wire.serialize_error(refused.value, request, request_id="r")
        assert answer.status == 400
        assert expected in answer.body


def test_a_client_that_reads_xml_on_any_path_can_read_the_refusal() -> None:
    loader = botocore.loaders.Loader()
    scopes = set()
    for service in loader.list_available_services("service-2"):
        metadata = loader.load_service_model(service, "service-2")["metadata"]
        if metadata["protocol"] == "rest-xml":
            scopes.add(metadata.get("signingName", metadata["endpointPrefix"]))
    assert scopes == error_writer.REST_XML_SCOPES
    parser = botocore.parsers.create_parser("rest-xml")
    for scope in scopes:
        signed = {
            "host": "h",
            "authorization": f"AWS4-HMAC-SHA256 Credential=AKIA/20260131/us-east-1/{scope}/aws4_request",
        }
        request = wire.WireRequest("GET", "/2013-04-01/hostedzone", "", signed, b"")
        answer = wire.serialize_error(wire.WireError("InvalidAction", "not here"), request, request_id="the-id")
        seen = parser.parse({"status_code": answer.status, "headers": answer.headers, "body": answer.body}, None)
        assert (seen["Error"]["Code"], seen["Error"]["Message"], answer.status) == ("InvalidAction", "not here", 400)


def test_another_version_of_the_service_is_an_unknown_action() -> None:
    with pytest.raises(wire.WireError, match="InvalidAction"):
        wire.parse_input(
            wire.operation("sts", "GetCallerIdentity"), form("Action=GetCallerIdentity&Version=2010-05-08")
        )


def test_the_portals_token_is_read_with_its_underscore_or_without() -> None:
    operation = wire.operation("sso", "GetRoleCredentials")
    call = wire.WireRequest("GET", "/federation/credentials", "role_name=r&account_id=123456789012", {}, b"")
    for name in ("x-amz-sso_bearer_token", "x-amz-sso-bearer-token"):
        request = replace(call, headers={name: "t"})
        assert wire.parse_input(operation, request) == {
            "roleName": "r",
            "accountId": "123456789012",
            "accessToken": "t",
        }
    signed_in = {"x-amz-sso_bearer_token": "t"}
    for query in ("role_name=r", "role_name=r&role_name=r&account_id=1"):
        with pytest.raises(wire.WireError, match="InvalidRequestException"):
            wire.parse_input(operation, replace(call, headers=signed_in, raw_query=query))
    with pytest.raises(wire.WireError, match="InvalidRequestException"):
        wire.parse_input(operation, replace(call, headers={**signed_in, "x-amz-sso-bearer-token": "u"}))


HARD = "a<b>&\"'\r\n\té \U0001f511 ]]>"
CREDENTIALS = {
    "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "s/+=",
    "SessionToken": HARD,
    "Expiration": WHEN,
}
ANSWERS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "sts",
        "AssumeRole",
        {"Credentials": CREDENTIALS, "AssumedRoleUser": {"AssumedRoleId": "A:b", "Arn": "arn"}, "PackedPolicySize": 3},
    ),
    ("iam", "GetCredentialReport", {"Content": b"user,arn\n", "ReportFormat": "text/csv", "GeneratedTime": WHEN}),
    ("iam", "ListRoles", {"Roles": [], "IsTruncated": False}),
    ("iam", "DeleteRole", {}),
    ("iam", "GetAccountSummary", {"SummaryMap": {"Users": 3, "Roles": 4}}),
    (
        "secretsmanager",
        "GetSecretValue",
        {
            "ARN": "a",
            "SecretString": HARD,
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": WHEN.replace(microsecond=250000),
        },
    ),
    ("secretsmanager", "GetSecretValue", {"SecretBinary": b"\0\xff"}),
    ("cloudtrail", "LookupEvents", {"Events": [{"EventId": "e", "EventTime": WHEN, "Resources": []}]}),
    ("secretsmanager", "DeleteSecret", {"DeletionDate": WHEN}),
    ("sso", "GetRoleCredentials", {"roleCredentials": {"accessKeyId": "A", "expiration": 1769851800000}}),
    ("sso", "Logout", {}),
    (
        "rolesanywhere",
        "GetSubject",
        {"subject": {"subjectId": "i", "createdAt": WHEN, "enabled": True, "credentials": []}},
    ),
    ("rolesanywhere", "CreateProfile", {"profile": {"name": HARD, "durationSeconds": 3600}}),
]


@pytest.mark.parametrize(("service", "name", "result"), ANSWERS)
def test_boto3_reads_an_answer_as_it_was_meant(service: str, name: str, result: dict[str, Any]) -> None:
    operation = wire.operation(service, name)
    parsed = boto.parse(wire.serialize_output(operation, result, request_id="the-id"), operation)
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["RequestId"] == "the-id"
    assert parsed == result


def test_members_that_are_none_are_left_out_and_unknown_ones_are_a_mistake() -> None:
    for service, name, members in (
        ("sts", "GetCallerIdentity", {"Account": "1"}),
        ("secretsmanager", "GetSecretValue", {"Name": "n"}),
    ):
        operation = wire.operation(service, name)
        answer = wire.serialize_output(
            operation, {**members, "Arn" if service == "sts" else "ARN": None}, request_id="r"
        )
        assert boto.parse(answer, operation) | {"ResponseMetadata": 0} == members | {"ResponseMetadata": 0}
        with pytest.raises(ValueError, match="Password"):
            wire.serialize_output(operation, {"Password": "p"}, request_id="r")
    with pytest.raises(ValueError, match="zone"):
        wire.serialize_output(
            wire.operation("secretsmanager", "DeleteSecret"),
            {"DeletionDate": WHEN.replace(tzinfo=None)},
            request_id="r",
        )


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_leaves_a_document_that_can_be_read(text: str) -> None:
    for service, name, member in (("sts", "GetCallerIdentity", "Arn"), ("secretsmanager", "GetSecretValue", "Name")):
        operation = wire.operation(service, name)
        clean = text.encode("utf-8", "replace").decode()
        parsed = boto.parse(wire.serialize_output(operation, {member: clean}, request_id="r"), operation)
        if text.isprintable():
            assert parsed.get(member, "") == clean


@pytest.mark.parametrize(
    ("service", "name", "code", "seen", "status"),
    [
        ("sts", "AssumeRole", "AccessDenied", "AccessDenied", 403),
        ("sts", "AssumeRole", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403),
        ("sts", "AssumeRole", "AccessDeniedException", "AccessDenied", 403),
        ("sts", "AssumeRole", "MalformedPolicyDocumentException", "MalformedPolicyDocument", 400),
        ("sts", "AssumeRoleWithWebIdentity", "IDPRejectedClaim", "IDPRejectedClaim", 403),
        ("sts", "AssumeRoleWithWebIdentity", "ExpiredTokenException", "ExpiredTokenException", 400),
        ("iam", "GetRole", "NoSuchEntityException", "NoSuchEntity", 404),
        ("secretsmanager", "GetSecretValue", "ResourceNotFoundException", "ResourceNotFoundException", 400),
        ("secretsmanager", "GetSecretValue", "AccessDenied", "AccessDeniedException", 400),
        ("secretsmanager", "GetSecretValue", "SignatureDoesNotMatch", "InvalidSignatureException", 400),
        ("secretsmanager", "GetSecretValue", "InternalFailure", "InternalServerException", 500),
        ("rolesanywhere", "GetProfile", "AccessDenied", "AccessDeniedException", 403),
        ("rolesanywhere", "GetProfile", "ResourceNotFoundException", "ResourceNotFoundException", 404),
        ("sso", "GetRoleCredentials", "UnauthorizedException", "UnauthorizedException", 401),
        ("sso-oidc", "CreateToken", "AuthorizationPendingException", "AuthorizationPendingException", 400),
    ],
)
def test_boto3_reads_an_error_by_the_name_that_its_service_gives_it(
    service: str, name: str, code: str, seen: str, status: int
) -> None:
    operation = wire.operation(service, name)
    answer = wire.serialize_error(wire.WireError(code, HARD), operation, request_id="the-id")
    parsed = boto.parse(answer, operation)
    assert parsed["Error"]["Code"] == seen
    assert parsed["Error"]["Message"] == HARD
    assert parsed["ResponseMetadata"]["RequestId"] == "the-id"
    assert answer.status == status


def test_an_error_of_the_device_flow_is_an_oauth_error_too() -> None:
    answer = wire.serialize_error(
        wire.WireError("SlowDownException", "wait"), wire.operation("sso-oidc", "CreateToken"), request_id="r"
    )
    assert b'"error":"slow_down"' in answer.body


def test_the_operators_text_does_not_reach_the_client() -> None:
    error = wire.WireError("AccessDenied", "no", operator_text="policy `secret-policy` denied")
    for service, name in (("sts", "AssumeRole"), ("secretsmanager", "GetSecretValue"), ("sso", "Logout")):
        assert b"secret-policy" not in wire.serialize_error(error, wire.operation(service, name), request_id="r").body


NAMES = (
    "authorization",
    "x-amz-date",
    "x-amz-target",
    "content-type",
    "content-encoding",
    "x-amz-security-token",
    "x-amz-sso_bearer_token",
    "host",
    "x-amz-content-sha256",
)
SCOPE = "AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/{}/aws4_request"
SIGNED = "AWS4-HMAC-SHA256 Credential={}, SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(tuple(wire.SERVICES.values())).map(lambda scope: SIGNED.format(SCOPE.format(scope))),
    st.sampled_from(
        ("20260131T093000Z", "20261399T999999Z", "application/x-amz-json-1.1", "application/json", FORM["content-type"])
    ),
    st.sampled_from(tuple(model.TARGET_PREFIXES)).map(lambda prefix: prefix + ".GetSecretValue"),
)
PATHS = st.one_of(
    st.just("/"),
    st.text(max_size=40),
    st.text(max_size=20).map(lambda text: "/tags/" + text),
    st.just("/token"),
    st.just("/federation/credentials"),
    st.lists(st.sampled_from(("a", "..", "", "analyzer", "archive-rule")), max_size=20).map("/".join),
)
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(("Action", "Version", "RoleArn", "Tags.member.1.Key", "Tags", "a.b", "X-Amz-Signature", "%")),
        st.text(max_size=20),
    ),
    max_size=8,
)
FORMS = FIELDS.map(lambda fields: "&".join(f"{name}={value}" for name, value in fields))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("SecretId", "Name", "Tags", "x")), inner)
    ),
    max_leaves=8,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    FORMS.map(lambda text: text.encode("utf-8", "replace")),
    JSON.map(lambda value: repr(value).replace("'", '"').encode("utf-8", "replace")),
    st.sampled_from(wire.service_operations("sts")).map(lambda name: f"Action={name}&{VERSION}".encode()),
)


@given(
    method=st.sampled_from(("GET", "POST", "PUT", "DELETE", "PATCH", "")),
    path=PATHS,
    raw_query=st.one_of(st.just(""), FORMS, st.text(max_size=60)),
    headers=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    body=BODIES,
    services=st.sampled_from((None, *wire.SERVICES.values())),
)
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_arrives_is_read_or_refused(
    method: str, path: str, raw_query: str, headers: dict[str, str], body: bytes, services: str | None
) -> None:
    request = wire.WireRequest(method, path, raw_query, headers, body)
    hint: wire.Operation | wire.WireRequest = request
    try:
        signature = wire.read_signature(request)
        hint = operation = wire.route(request, signature.service if signature else services)
        wire.parse_input(operation, request)
        if signature is not None:
            wire.verify_signature(signature, request, secret_access_key="s", now=WHEN)
    except wire.WireError as refused:
        answer = wire.serialize_error(refused, hint, request_id="r")
        assert 400 <= answer.status < 500


@given(
    service=st.sampled_from([name for name in wire.SERVICES if model.PROTOCOLS[name] == "json"]),
    data=st.data(),
    value=JSON,
)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_json_value_for_any_member_is_read_or_refused(service: str, data: st.DataObject, value: Any) -> None:
    name = data.draw(st.sampled_from(wire.service_operations(service)))
    operation = wire.operation(service, name)
    members = [member for member, _ in operation.input_shape.members()] if operation.input_shape else []
    body = {member: data.draw(JSON) for member in members[:3]} | {"x": value}
    try:
        wire.parse_input(operation, wire.WireRequest("POST", "/", "", {}, json.dumps(body).encode()))
    except wire.WireError as refused:
        code = refused.code
    else:
        return
    assert code in ("SerializationException", "ValidationException")
