"""Does the walk of a request hold against forged, replayed, broken and meaningless ones?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import falcon
import falcon.testing
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.domain.access.model import UserPolicy
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.event import Event
from ostiary.domain.audit.last_use import Used
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.model import IamUser
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.crypto.session_token import SessionTokenKeys
from ostiary.protocols.aws import sts
from ostiary.protocols.aws.gateway.errors import ERRORS
from ostiary.protocols.aws.gateway.pipeline import Gateway
from ostiary.protocols.aws.gateway.routes import AwsRooms, add_routes
from ostiary.protocols.aws.wire import WireRequest, service_operations
from ostiary.protocols.aws.wire.service import (
    Access,
    Call,
    Input,
    MountedService,
    OperationRow,
    Output,
    Recorded,
    Service,
    mount,
)
from parts.aws_world import ACCOUNT, ENDPOINT, ORIGIN, World, allow, keywords, policy, role_arn, trusts, wire_request_of

Change = Callable[[WireRequest], WireRequest]


def code_of(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def identity_with(world: World, change: Change) -> str:
    client = world.client("sts", world.web_identity_session(), change=change)
    return code_of(client.get_caller_identity)


def header(name: str, text: Callable[[str], str]) -> Change:
    return lambda request: replace(request, headers={**request.headers, name: text(request.headers[name])})


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda r: replace(r, body=r.body + b"&X=1"), {"SignatureDoesNotMatch"}),
        (lambda r: replace(r, method="GET", body=b"", raw_query=r.body.decode()), {"SignatureDoesNotMatch"}),
        (lambda r: replace(r, raw_query="X=1"), {"SignatureDoesNotMatch"}),
        (header("host", lambda _: "evil.example"), {"SignatureDoesNotMatch"}),
        (
            header("authorization", lambda text: text[:-1] + ("0" if text[-1] != "0" else "1")),
            {"SignatureDoesNotMatch"},
        ),
        (header("authorization", lambda text: text.replace("eu-west-1", "us-east-1")), {"SignatureDoesNotMatch"}),
        (header("authorization", lambda text: text.replace("/sts/", "/iam/")), {"InvalidAction"}),
        (header("authorization", lambda text: text.replace("x-amz-date;", "")), {"SignatureDoesNotMatch"}),
        (header("authorization", lambda _: "Bearer abc"), {"IncompleteSignature"}),
        (header("x-amz-security-token", lambda text: text[:-2]), {"InvalidClientTokenId"}),
        (header("x-amz-security-token", lambda text: text + "A"), {"InvalidClientTokenId"}),
    ],
)
def test_a_request_that_was_changed_on_its_way_is_refused(world: World, change: Change, codes: set[str]) -> None:
    assert identity_with(world, change) in codes
    assert not world.events("GetCallerIdentity")


def test_a_session_token_of_another_session_is_refused(world: World) -> None:
    one, other = world.web_identity_session(), world.web_identity_session()
    mixed = {**one, "aws_session_token": other["aws_session_token"]}
    assert code_of(world.client("sts", mixed).get_caller_identity) == "InvalidClientTokenId"
    stolen = {**one, "aws_secret_access_key": other["aws_secret_access_key"]}
    assert code_of(world.client("sts", stolen).get_caller_identity) == "SignatureDoesNotMatch"


def test_a_failed_signature_is_recorded_without_naming_the_claimed_identity(world: World) -> None:
    credentials = {**world.web_identity_session(), "aws_secret_access_key": "guess"}
    assert code_of(world.client("sts", credentials).get_caller_identity) == "SignatureDoesNotMatch"
    (event,) = world.events("AuthenticateRequest")
    assert event.outcome is Outcome.FAILED
    assert event.actor_kind == "anonymous"
    assert event.error_code == "SignatureDoesNotMatch"
    assert event.details["claimedAccessKeyId"] == credentials["aws_access_key_id"]
    assert event.details["operation"] == "GetCallerIdentity"


def test_a_session_ends_with_the_key_that_sealed_it(world: World) -> None:
    sts_client = world.client("sts", world.web_identity_session())
    assert sts_client.get_caller_identity()
    other = SessionTokenKeys({"other": bytes(32)}, "other")
    world.keys.value = replace(world.keys.value, session_tokens=other)
    assert code_of(sts_client.get_caller_identity) == "InvalidClientTokenId"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_outside_the_clock_window_is_refused(world: World, minutes: int) -> None:
    sts_client = world.client("sts", world.web_identity_session())
    world.clock.advance(timedelta(minutes=minutes))
    assert code_of(sts_client.get_caller_identity) == "SignatureDoesNotMatch"


def presigned(world: World, expires: int) -> WireRequest:
    """GetCallerIdentity as the Kubernetes authenticators presign it."""
    given = world.web_identity_session()
    signer = Credentials(given["aws_access_key_id"], given["aws_secret_access_key"], given["aws_session_token"])
    request = AWSRequest("GET", f"{ENDPOINT}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(signer, "sts", "eu-west-1", expires=expires).add_auth(request)
    return wire_request_of(request.prepare())


def test_a_presigned_request_works_until_it_expires(world: World) -> None:
    request = presigned(world, 60)
    assert world.send(request).status == 200
    world.clock.advance(timedelta(seconds=61))
    answered = world.send(request)
    assert (answered.status, b"RequestExpired" in answered.body) == (400, True)


def test_an_operation_that_needs_a_signature_is_not_answered_without(world: World) -> None:
    unsigned = world.client("sts")
    assert code_of(unsigned.get_caller_identity) == "MissingAuthenticationToken"
    wanted = {"RoleArn": role_arn("deploy"), "RoleSessionName": "x1"}
    assert code_of(unsigned.assume_role, **wanted) == "MissingAuthenticationToken"


# --- access keys of IAM users ----------------------------------------------------------------------------------------


def put_user(world: World, *statements: dict[str, Any]) -> dict[str, str]:
    now = world.clock.now()
    ends = now + timedelta(days=30)
    user = IamUser("backup", ACCOUNT, "platform", "an appliance", ends, now, "AIDABACKUPBACKUPBACKU")
    world.database.write(lambda tx: tx.credentials.put_iam_user(user))
    if statements:
        granted = UserPolicy(ACCOUNT, "backup", "p", policy(*statements))
        world.database.write(lambda tx: tx.access.put_user_policy(granted))
    key = world.access_keys.create(
        operator(ACCOUNT), account=ACCOUNT, user_name="backup", reason="no OIDC there", expires_at=ends
    )
    world.reload()
    return {
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key.reveal(),
    }


def test_a_long_term_key_signs_until_it_expires(world: World) -> None:
    keys = put_user(world)
    who = world.client("sts", keys).get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/backup"
    assert who["UserId"] == "AIDABACKUPBACKUPBACKU"
    assert Used.ACCESS_KEY in {use.kind for use in world.last_use.drain()}
    world.clock.advance(timedelta(days=30))
    assert code_of(world.client("sts", keys).get_caller_identity) in ("InvalidClientTokenId", "SignatureDoesNotMatch")


def test_an_unknown_or_inactive_key_is_refused_alike(world: World) -> None:
    keys = put_user(world)
    unknown = {**keys, "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    assert code_of(world.client("sts", unknown).get_caller_identity) == "InvalidClientTokenId"
    with world.database.read() as tx:
        key = tx.credentials.access_key(keys["aws_access_key_id"])
    assert key is not None
    world.database.write(lambda tx: tx.credentials.put_access_key(replace(key, active=False)))
    world.reload()
    assert code_of(world.client("sts", keys).get_caller_identity) == "InvalidClientTokenId"


def test_taking_a_key_out_of_use_ends_the_sessions_that_it_began(world: World) -> None:
    keys = put_user(world)
    user = f"arn:aws:iam::{ACCOUNT}:user/backup"
    world.put_role("next", trust=policy(trusts({"AWS": user})), max_session_seconds=43200)
    world.reload()
    answer = world.client("sts", keys).assume_role(RoleArn=role_arn("next"), RoleSessionName="x1")
    session = world.client("sts", keywords(answer))
    assert session.get_caller_identity()
    with world.database.read() as tx:
        key = tx.credentials.access_key(keys["aws_access_key_id"])
    assert key is not None
    world.database.write(lambda tx: tx.credentials.put_access_key(replace(key, active=False)))
    world.reload()
    assert code_of(session.get_caller_identity) == "ExpiredTokenException"


def test_a_session_does_not_outlive_the_long_term_key_that_began_it(world: World) -> None:
    keys = put_user(world)
    user = f"arn:aws:iam::{ACCOUNT}:user/backup"
    world.put_role("next", trust=policy(trusts({"AWS": user})), max_session_seconds=43200)
    with world.database.read() as tx:
        key = tx.credentials.access_key(keys["aws_access_key_id"])
    assert key is not None
    soon = world.clock.now() + timedelta(minutes=10)
    world.database.write(lambda tx: tx.credentials.put_access_key(replace(key, expires_at=soon)))
    world.reload()
    answer = world.client("sts", keys).assume_role(
        RoleArn=role_arn("next"), RoleSessionName="x1", DurationSeconds=43200
    )
    assert answer["Credentials"]["Expiration"] == soon


def test_a_user_without_policies_may_do_nothing_and_one_with_them_what_they_allow(world: World) -> None:
    keys = put_user(world)
    lookup = {"AccessKeyId": keys["aws_access_key_id"]}
    assert code_of(world.client("sts", keys).get_access_key_info, **lookup) == "AccessDenied"
    granted = UserPolicy(ACCOUNT, "backup", "p", policy(allow("sts:GetAccessKeyInfo")))
    world.database.write(lambda tx: tx.access.put_user_policy(granted))
    world.reload()
    assert world.client("sts", keys).get_access_key_info(**lookup)["Account"] == ACCOUNT
    broken = UserPolicy(ACCOUNT, "backup", "q", '{"Version": "2012-10-17"}')
    world.database.write(lambda tx: tx.access.put_user_policy(broken))
    world.reload()
    assert code_of(world.client("sts", keys).get_access_key_info, **lookup) == "AccessDenied"


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_row_is_an_operation_of_the_model_and_names_its_action() -> None:
    for service in (sts.SERVICE,):
        for name, row in service.operations.items():
            assert name in service_operations(service.name)
            assert row.action == f"{service.name}:{name}"
            assert row.event is not EventName.AUTHENTICATE_REQUEST


def test_every_error_of_these_rooms_has_a_row() -> None:
    rooms = ("access", "sessions", "federation.errors", "credentials.access_key_errors")
    for kind in subclasses(DomainError):
        if any(f"ostiary.domain.{room}" in kind.__module__ for room in rooms):
            assert any(above in ERRORS for above in kind.__mro__), kind


def subclasses(kind: type[DomainError]) -> list[type[DomainError]]:
    return [each for below in kind.__subclasses__() for each in (below, *subclasses(below))]


# --- what a service module can do wrong -------------------------------------------------------------------------------


def failing_service(failure: Exception) -> MountedService:
    def handler(_rooms: None, _call: Call, _given: Input) -> Output:
        raise failure

    row = OperationRow(
        handler,
        action="sts:GetSessionToken",
        event=EventName.GET_CALLER_IDENTITY,
        access=Access.AUTHENTICATED,
        recorded=Recorded.BY_GATEWAY,
    )
    return mount(Service("sts", {"GetSessionToken": row}), None)


def gateway_with(world: World, service: MountedService) -> Gateway:
    return Gateway(
        services=[service],
        credentials=world.signing_credentials,
        authorizer=world.authorizer,
        recorder=world.database,
        last_use=world.last_use,
        clock=world.clock,
    )


def test_a_mistake_of_the_server_is_an_internal_failure_that_tells_nothing(world: World) -> None:
    credentials = world.web_identity_session()
    world.gateway = gateway_with(world, failing_service(RuntimeError("a secret detail")))
    with pytest.raises(ClientError) as caught:
        world.client("sts", credentials).get_session_token()
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "secret detail" not in str(caught.value)


def test_an_error_without_a_row_is_a_denial(world: World) -> None:
    class Unheard(DomainError):
        pass

    credentials = world.web_identity_session()
    world.gateway = gateway_with(world, failing_service(Unheard("hidden")))
    with pytest.raises(ClientError, match=r"AccessDenied.*Access denied\.") as caught:
        world.client("sts", credentials).get_session_token()
    assert "hidden" not in str(caught.value)


class _BrokenRecorder:
    """A full disk."""

    def record(self, event: Event) -> None:
        raise OSError("no space left")


def test_without_a_durable_event_no_credential_leaves_and_no_refusal_either(world: World) -> None:
    world.issuer._recorder = _BrokenRecorder()
    world.gateway._recorder = _BrokenRecorder()
    wanted = {"RoleArn": role_arn("deploy"), "RoleSessionName": "x1", "WebIdentityToken": world.token()}
    with pytest.raises(ClientError) as caught:
        world.client("sts").assume_role_with_web_identity(**wanted)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)
    assert "ASIA" not in str(caught.value.response)


# --- the web ----------------------------------------------------------------------------------------------------------


def web_client(world: World) -> falcon.testing.TestClient:
    app = falcon.App()
    add_routes(app, AwsRooms(gateway=world.gateway, origin_of=lambda _: ORIGIN))
    return falcon.testing.TestClient(app)


def test_the_web_framework_hands_a_signed_request_over_unchanged(world: World) -> None:
    sent: list[WireRequest] = []

    def keep(request: WireRequest) -> WireRequest:
        sent.append(request)
        return request

    credentials = world.web_identity_session()
    world.client("sts", credentials, keep=keep).get_caller_identity()
    (request,) = sent
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    answered = web_client(world).simulate_post("/aws/", headers=headers, body=request.body)
    assert answered.status_code == 200
    assert "assumed-role/deploy/ci" in answered.text
    assert answered.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/aws", "/aws/", "/aws/x/y", "/aws//", "/aws/%2e%2e/x", "/aws/%ff", "/aws/\u00e9"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_junk_over_the_web_is_answered_with_a_client_error(world: World, method: str, path: str) -> None:
    answered = web_client(world).simulate_request(method, path, body=b"\x00\xff{", query_string="%zz&=&&x")
    assert 400 <= answered.status_code < 500
    assert answered.headers.get("x-amzn-requestid") == "request-1"


def test_a_path_beside_the_mount_is_not_ours(world: World) -> None:
    assert web_client(world).simulate_get("/awsome").status_code == 404


def test_a_body_over_the_limit_is_refused(world: World) -> None:
    answered = web_client(world).simulate_post("/aws/", body=b"A" * (1024 * 1024 + 1))
    assert answered.status_code == 413


_TEXT = st.text(max_size=60)
_HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "x-amz-date", "x-amz-target", "content-type", "host", "x-amz-security-token"]),
    st.one_of(
        _TEXT,
        st.just(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/sts/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
        ),
        st.just("secretsmanager.GetSecretValue"),
        st.just("20260101T000000Z"),
    ),
    max_size=5,
)
_BODIES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15",
            b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x&RoleSessionName=y&WebIdentityToken=zzzz",
            b"Action=GetCallerIdentity&Version=2011-06-15",
            b"Action=AssumeRole&Action=AssumeRole",
            b'{"SecretId": 1}',
        ]
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "", "POST\n"]),
    path=st.one_of(st.sampled_from(["", "/", "/federation/credentials"]), _TEXT.map(lambda text: "/" + text)),
    raw_query=_TEXT,
    headers=_HEADERS,
    body=_BODIES,
)
def test_no_request_however_broken_ends_in_a_500(
    world: World, method: str, path: str, raw_query: str, headers: dict[str, str], body: bytes
) -> None:
    request = WireRequest(method=method, path=path, raw_query=raw_query, headers=headers, body=body)
    assert 400 <= world.send(request).status < 500
