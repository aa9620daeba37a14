"""What is an Amazon Resource Name made of?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from dataclasses import dataclass

_PARTS = 6


@dataclass(frozen=True, slots=True)
class Arn:
    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse(text: str) -> Arn:
    """Split into the five parts after `arn:`. Raises ValueError; the resource keeps its colons and slashes."""
    parts = text.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        raise ValueError(
            f"`{text[:200]}` is not an ARN, which has the form arn:partition:service:region:account:resource"
        )
    return Arn(partition=parts[1], service=parts[2], region=parts[3], account=parts[4], resource=parts[5])


def iam(account: str, kind: str, path_and_name: str) -> str:
    """`iam("123456789012", "role", "ci/deploy")` -> `arn:aws:iam::123456789012:role/ci/deploy`."""
    return f"arn:aws:iam::{account}:{kind}/{path_and_name}"


def assumed_role(account: str, role_name: str, session_name: str) -> str:
    """The ARN of a role session: the role's name without its path."""
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"


def application(client_id: str) -> str:
    """The ARN of an application, which belongs to the organization and to no account of it."""
    return f"arn:aws:sso:::application/{client_id}"
