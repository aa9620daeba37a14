"""Which operations of STS are written, and how do their members map to the words of the house?

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.access_keys import AccessKeyIndex
from ostiary.domain.federation.web_identity_role import WebIdentityRequest, WebIdentityRoles
from ostiary.domain.sessions.role_assumption import RoleAssumption, RoleRequest
from ostiary.domain.sessions.role_session import TemporaryCredentials
from ostiary.kit.current import Current
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.service import Access, Call, Input, OperationRow, Output, Recorded, Service

# Members of the model whose meaning is not built: to pass over one in silence could grant more than was asked for.
_NOT_BUILT = ("PolicyArns", "SerialNumber", "TokenCode", "ProvidedContexts", "ProviderId")


@dataclass(frozen=True, slots=True)
class StsRooms:
    role_assumption: RoleAssumption
    web_identity_roles: WebIdentityRoles
    access_keys: Current[AccessKeyIndex]


def assume_role(rooms: StsRooms, call: Call, given: Input) -> Output:
    _reject_not_built(given)
    request = RoleRequest(
        role_arn=given["RoleArn"],
        session_name=given["RoleSessionName"],
        seconds=given.get("DurationSeconds"),
        external_id=given.get("ExternalId", ""),
        policy=given.get("Policy", ""),
        tags=[(tag["Key"], tag["Value"]) for tag in given.get("Tags", ())],
        transitive_tags=given.get("TransitiveTagKeys", ()),
        source_identity=given.get("SourceIdentity", ""),
    )
    return _answer(rooms.role_assumption.assume(call.caller, request))


def assume_role_with_web_identity(rooms: StsRooms, call: Call, given: Input) -> Output:
    _reject_not_built(given)
    request = WebIdentityRequest(
        role_arn=given["RoleArn"],
        session_name=given["RoleSessionName"],
        token=given["WebIdentityToken"],
        seconds=given.get("DurationSeconds"),
        policy=given.get("Policy", ""),
    )
    issued = rooms.web_identity_roles.assume(call.caller.origin, request)
    identity = issued.identity
    return {
        **_answer(issued.credentials),
        "SubjectFromWebIdentityToken": identity.subject,
        "Audience": ",".join(identity.audience),
        "Provider": identity.trust.arn,
    }


def get_caller_identity(_rooms: StsRooms, call: Call, _given: Input) -> Output:
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def get_access_key_info(rooms: StsRooms, _call: Call, given: Input) -> Output:
    """Only long-term keys have a row to look at; a temporary key tells its account to nobody."""
    holder = rooms.access_keys.value.holder(given["AccessKeyId"])
    if holder is None:
        raise WireError("ValidationError", "The access key is not known: temporary keys cannot be looked up.")
    return {"Account": holder.user.account}


def _answer(credentials: TemporaryCredentials) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key.reveal(),
            "SessionToken": credentials.session_token,
            "Expiration": credentials.expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": credentials.assumed_role_id, "Arn": credentials.assumed_role_arn},
        "PackedPolicySize": credentials.packed_percent or None,
        "SourceIdentity": credentials.source_identity or None,
    }


def _reject_not_built(given: Mapping[str, Any]) -> None:
    for name in _NOT_BUILT:
        if given.get(name):
            raise WireError("ValidationError", f"The parameter {name} is not supported: leave it out.")


def _wanted_role(_call: Call, given: Input) -> str:
    return str(given["RoleArn"])


SERVICE: Service[StsRooms] = Service(
    "sts",
    {
        "AssumeRole": OperationRow(
            assume_role,
            action="sts:AssumeRole",
            event=EventName.ASSUME_ROLE,
            access=Access.IN_ROOM,
            recorded=Recorded.BY_ROOM,
            resource=_wanted_role,
        ),
        "AssumeRoleWithWebIdentity": OperationRow(
            assume_role_with_web_identity,
            action="sts:AssumeRoleWithWebIdentity",
            event=EventName.ASSUME_ROLE_WITH_WEB_IDENTITY,
            access=Access.PROVED_BY_INPUT,
            recorded=Recorded.BY_ROOM,
            resource=_wanted_role,
        ),
        "GetCallerIdentity": OperationRow(
            get_caller_identity,
            action="sts:GetCallerIdentity",
            event=EventName.GET_CALLER_IDENTITY,
            access=Access.AUTHENTICATED,
            recorded=Recorded.BY_GATEWAY,
        ),
        "GetAccessKeyInfo": OperationRow(
            get_access_key_info,
            action="sts:GetAccessKeyInfo",
            event=EventName.GET_ACCESS_KEY_INFO,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
    },
)
