"""What do a GitHub Actions job and a Kubernetes pod hold in their hands? JWTs with the claims of those issuers.

https://docs.github.com/en/actions/concepts/security/openid-connect
https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "sts.amazonaws.com"
_GITHUB_SECONDS = 300
_KUBERNETES_SECONDS = 3600


class OutsideKey:
    """An RS256 key of an outside issuer, made when the demo starts."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self) -> dict[str, Any]:
        """RFC 7517."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id}
        return {"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]}

    def sign(self, claims: dict[str, Any]) -> str:
        """RFC 7515 section 3.1."""
        header = {"alg": "RS256", "kid": self.key_id, "typ": "JWT"}
        signed = f"{_text(header)}.{_text(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


def github_claims(issuer: str, *, subject: str, now: int) -> dict[str, Any]:
    """`subject` such as `repo:OWNER/REPOSITORY:ref:refs/heads/main`."""
    repository = subject.split(":")[1]
    return {
        "iss": issuer,
        "sub": subject,
        "aud": AUDIENCE,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now - 5,
        "exp": now + _GITHUB_SECONDS,
        "repository": repository,
        "repository_owner": repository.split("/")[0],
        "repository_visibility": "private",
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "event_name": "push",
        "workflow": "deploy",
        "run_id": "1",
        "run_attempt": "1",
        "runner_environment": "self-hosted",
    }


def kubernetes_claims(issuer: str, *, subject: str, now: int) -> dict[str, Any]:
    """`subject` such as `system:serviceaccount:NAMESPACE:NAME`, of a projected service account token."""
    namespace, name = subject.split(":")[2:4]
    return {
        "iss": issuer,
        "sub": subject,
        "aud": [AUDIENCE],
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + _KUBERNETES_SECONDS,
        "kubernetes.io": {
            "namespace": namespace,
            "pod": {"name": f"{name}-0", "uid": str(uuid.uuid4())},
            "serviceaccount": {"name": name, "uid": str(uuid.uuid4())},
        },
    }


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(value: dict[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
