"""Attacks on AssumeRoleWithWebIdentity: which tokens must prove nothing? (RFC 8725; attacks of JOSE)"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.vocabulary import Outcome
from ostiary.kit.crypto.jose import SigningKey, sign_jwt
from parts.aws_world import AUDIENCE, ISSUER, World, role_arn


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def exchange(world: World, token: str) -> str:
    """The error code."""
    with pytest.raises(ClientError) as caught:
        world.client("sts").assume_role_with_web_identity(
            RoleArn=role_arn("deploy"), RoleSessionName="ci", WebIdentityToken=token
        )
    return str(caught.value.response["Error"]["Code"])


def unsigned(world: World, alg: str, signature: str = "") -> str:
    return f"{encoded({'alg': alg, 'kid': world.issuer_key.kid})}.{encoded(world.claims())}.{signature}"


def hmac_with_public_key(world: World) -> str:
    body = f"{encoded({'alg': 'HS256', 'kid': world.issuer_key.kid})}.{encoded(world.claims())}"
    secret = json.dumps(world.issuer_key.public_jwk()).encode()
    return f"{body}.{encoded(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def with_injected_key(world: World) -> str:
    own = SigningKey.generate("ES256")
    header = {"alg": "ES256", "jwk": own.public_jwk(), "kid": own.kid}
    body = f"{encoded(header)}.{encoded(world.claims())}"
    return f"{body}.{encoded(own.sign(body.encode()))}"


def signed_by_another_with_our_kid(world: World) -> str:
    own = SigningKey.generate("ES256")
    body = f"{encoded({'alg': 'ES256', 'kid': world.issuer_key.kid})}.{encoded(world.claims())}"
    return f"{body}.{encoded(own.sign(body.encode()))}"


def changed_after_signing(world: World) -> str:
    head, _, signature = world.token().split(".")
    return f"{head}.{encoded(world.claims(sub='repo:evil/evil'))}.{signature}"


def of_another_type(world: World) -> str:
    return sign_jwt(world.issuer_key, world.claims(), typ="at+jwt")


@pytest.mark.parametrize(
    "forge",
    [
        lambda world: unsigned(world, "none"),
        lambda world: unsigned(world, "None", "AA"),
        lambda world: unsigned(world, "nOnE", "AA"),
        lambda world: unsigned(world, "ES256", encoded(bytes(64))),
        hmac_with_public_key,
        with_injected_key,
        signed_by_another_with_our_kid,
        changed_after_signing,
        of_another_type,
        lambda world: world.token(iss="https://evil.example"),
        lambda world: world.token(iss=ISSUER + "/"),
        lambda world: world.token(iss=ISSUER.upper()),
        lambda world: world.token(aud="https://github.com/example"),
        lambda world: world.token(aud=[AUDIENCE, "https://elsewhere.example"]),
        lambda world: world.token(aud=[]),
        lambda world: world.token(sub=""),
        lambda world: world.token(sub=7),
        lambda world: world.token(exp=None),
        lambda world: world.token(exp="9999999999"),
        lambda world: world.token(nbf=int(world.clock.now().timestamp()) + 600),
        lambda world: world.token(exp=int(world.clock.now().timestamp()) + 86_400),
        lambda world: world.token().rstrip("=") + "=",
        lambda _world: "a.b.c",
        lambda _world: "junk",
    ],
)
def test_a_token_that_proves_nothing_is_refused_and_recorded(world: World, forge: Callable[[World], str]) -> None:
    code = exchange(world, forge(world))
    # The shortest texts fail the model's own limits already and are not recorded.
    assert code in ("InvalidIdentityToken", "ValidationError")
    if code == "InvalidIdentityToken":
        (event,) = world.events("AssumeRoleWithWebIdentity")
        assert event.outcome is Outcome.FAILED
        assert event.error_code == "InvalidIdentityToken"
    assert not any(event.outcome is Outcome.SUCCESS for event in world.events())


def test_a_token_past_its_time_is_called_expired(world: World) -> None:
    at = int(world.clock.now().timestamp())
    assert exchange(world, world.token(iat=at - 600, nbf=at - 600, exp=at - 300)) == "ExpiredTokenException"


@pytest.mark.parametrize("subject", ["repo:example/shop:ref:refs/heads/Main", "repo:example/shop:ref:refs/heads/main "])
def test_a_subject_that_only_looks_alike_is_no_workload(world: World, subject: str) -> None:
    assert exchange(world, world.token(sub=subject)) == "IDPRejectedClaim"


def test_a_token_of_a_kubernetes_service_account_is_accepted(world: World) -> None:
    issuer, subject = "https://kubernetes.default.svc.cluster.local", "system:serviceaccount:shop:web"
    trust = world.trust(audiences=("https://ostiary.example",))
    object.__setattr__(trust, "issuer", issuer)
    world.put_trust(trust)
    world.put_workload(world.workload(name="shop-web", issuer=issuer, subject=subject))
    name = "kubernetes.default.svc.cluster.local"
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": trust.arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{name}:sub": subject, f"{name}:aud": "https://ostiary.example"},
                },
            }
        ],
    }
    world.put_role("web", trust=json.dumps(document))
    world.reload()
    claims = world.claims(iss=issuer, sub=subject, aud=["https://ostiary.example"])
    claims["kubernetes.io"] = {"namespace": "shop", "serviceaccount": {"name": "web", "uid": "u"}}
    answer = world.client("sts").assume_role_with_web_identity(
        RoleArn=role_arn("web"), RoleSessionName="web", WebIdentityToken=sign_jwt(world.issuer_key, claims)
    )
    assert answer["SubjectFromWebIdentityToken"] == subject
