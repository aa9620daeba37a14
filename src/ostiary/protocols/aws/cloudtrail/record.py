"""How does one event of the trail look as a CloudTrail record?

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ostiary.domain.audit.caller import CallerKind
from ostiary.domain.audit.event import Event
from ostiary.kit.clock import iso
from ostiary.protocols.aws.wire.service import Output

_VERSION = "1.11"
_IDENTITY_TYPES: Mapping[str, str] = {
    CallerKind.ROLE_SESSION: "AssumedRole",
    CallerKind.IAM_USER: "IAMUser",
    CallerKind.OPERATOR: "Root",
    CallerKind.PERSON: "IdentityCenterUser",
    CallerKind.WORKLOAD: "WebIdentityUser",
    CallerKind.SERVER: "AWSService",
}
_RESOURCE_TYPES: Mapping[tuple[str, str], str] = {
    ("secretsmanager", "secret"): "AWS::SecretsManager::Secret",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "user"): "AWS::IAM::User",
}
_ARN_PARTS = 6


def show_event(event: Event) -> Output:
    """A member of LookupEvents' answer, with the whole record in it."""
    return {
        "EventId": event.event_id,
        "EventName": event.name.value,
        "ReadOnly": _flag(event.read_only),
        "AccessKeyId": event.access_key_id or None,
        "EventTime": event.at,
        "EventSource": event.source,
        "Username": event.actor_name,
        "Resources": [{"ResourceType": _resource_type(name), "ResourceName": name} for name in event.resources],
        "CloudTrailEvent": msgspec.json.encode(record_of(event)).decode(),
    }


def record_of(event: Event) -> dict[str, Any]:
    record: dict[str, Any] = {
        "eventVersion": _VERSION,
        "userIdentity": _identity(event),
        "eventTime": iso(event.at),
        "eventSource": event.source,
        "eventName": event.name.value,
        "awsRegion": _region(event),
        "sourceIPAddress": event.source_ip or event.door,
        "userAgent": event.user_agent,
        "errorCode": event.error_code,
        "errorMessage": event.error_message,
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": _additional(event),
        "requestID": event.request_id,
        "eventID": event.event_id,
        "readOnly": event.read_only,
        "resources": [_resource(name) for name in event.resources],
        "eventType": "AwsApiCall" if event.source.endswith(".amazonaws.com") else "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": event.account,
        "eventCategory": "Management",
    }
    kept_empty = ("requestParameters", "responseElements")
    return {name: value for name, value in record.items() if value not in ("", [], {}) or name in kept_empty}


def _identity(event: Event) -> dict[str, Any]:
    identity: dict[str, Any] = {
        "type": _IDENTITY_TYPES.get(event.actor_kind, "Unknown"),
        "arn": event.actor_arn,
        "accountId": event.account,
        "accessKeyId": event.access_key_id,
        "userName": event.actor_name if event.actor_kind != CallerKind.ROLE_SESSION else "",
        "sessionContext": _session(event) if event.actor_kind == CallerKind.ROLE_SESSION else {},
    }
    return {name: value for name, value in identity.items() if value not in ("", {})}


def _session(event: Event) -> dict[str, Any]:
    role = event.actor_arn.split("/")[1] if event.actor_arn.count("/") > 1 else ""
    session: dict[str, Any] = {
        "sessionIssuer": {"type": "Role", "accountId": event.account, "userName": role},
        "attributes": {"mfaAuthenticated": _flag("mfa" in event.assurance)},
    }
    if event.source_identity:
        session["sourceIdentity"] = event.source_identity
    return session


def _additional(event: Event) -> dict[str, Any]:
    """What CloudTrail has no member for: the door, what was proved, and the event's own facts."""
    more: dict[str, Any] = {
        **event.details,
        "door": event.door,
        "outcome": event.outcome.value,
        "assurance": event.assurance,
        "sessionId": event.session_id,
    }
    if event.actor_kind != CallerKind.ROLE_SESSION and event.source_identity:
        more["sourceIdentity"] = event.source_identity
    return {name: value for name, value in more.items() if value not in ("", [])}


def _resource(name: str) -> dict[str, str]:
    parts = name.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return {"name": name}
    found = {"ARN": name, "accountId": parts[4], "type": _resource_type(name) or ""}
    return {key: value for key, value in found.items() if value}


def _resource_type(name: str) -> str | None:
    parts = name.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return None
    return _RESOURCE_TYPES.get((parts[2], parts[5].replace("/", ":").split(":")[0]))


def _region(event: Event) -> str:
    """The trail does not keep the region that a request was signed for; a resource's ARN tells it."""
    for name in event.resources:
        parts = name.split(":", _ARN_PARTS - 1)
        if len(parts) == _ARN_PARTS and parts[0] == "arn" and parts[3]:
            return parts[3]
    return "us-east-1"


def _flag(value: bool) -> str:  # noqa: FBT001 - it writes a boolean as text and does nothing else
    return "true" if value else "false"
