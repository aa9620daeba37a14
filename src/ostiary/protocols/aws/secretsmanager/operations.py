"""Which operations of Secrets Manager are written, who may call them, and which event does each leave?

Nearly all are decided in the room, because the tags of the stored secret decide.
"""

from __future__ import annotations

from collections.abc import Callable

from ostiary.domain.audit.vocabulary import EventName
from ostiary.protocols.aws.secretsmanager import handlers
from ostiary.protocols.aws.secretsmanager.rooms import SecretsManagerRooms
from ostiary.protocols.aws.wire.service import Access, Call, Input, OperationRow, Output, Recorded, Resource, Service

Handler = Callable[[SecretsManagerRooms, Call, Input], Output]


def _named(_call: Call, given: Input) -> str:
    return str(given["SecretId"])


def _new(_call: Call, given: Input) -> str:
    return str(given["Name"])


def _in_room(handler: Handler, event: EventName, resource: Resource = _named) -> OperationRow[SecretsManagerRooms]:
    return OperationRow(
        handler,
        action=f"secretsmanager:{event.value}",
        event=event,
        access=Access.IN_ROOM,
        recorded=Recorded.BY_ROOM,
        resource=resource,
    )


def _for_the_account(handler: Handler, event: EventName) -> OperationRow[SecretsManagerRooms]:
    """Decided by the action alone: there is no single secret that it is about."""
    return OperationRow(
        handler,
        action=f"secretsmanager:{event.value}",
        event=event,
        access=Access.CHECKED,
        recorded=Recorded.BY_GATEWAY,
    )


_ROWS: dict[str, OperationRow[SecretsManagerRooms]] = {
    "CreateSecret": _in_room(handlers.create_secret, EventName.CREATE_SECRET, _new),
    "GetSecretValue": _in_room(handlers.get_secret_value, EventName.GET_SECRET_VALUE),
    "PutSecretValue": _in_room(handlers.put_secret_value, EventName.PUT_SECRET_VALUE),
    "DescribeSecret": _in_room(handlers.describe_secret, EventName.DESCRIBE_SECRET),
    "UpdateSecret": _in_room(handlers.update_secret, EventName.UPDATE_SECRET),
    "UpdateSecretVersionStage": _in_room(handlers.update_secret_version_stage, EventName.UPDATE_SECRET_VERSION_STAGE),
    "DeleteSecret": _in_room(handlers.delete_secret, EventName.DELETE_SECRET),
    "RestoreSecret": _in_room(handlers.restore_secret, EventName.RESTORE_SECRET),
    "TagResource": _in_room(handlers.tag_resource, EventName.TAG_RESOURCE),
    "UntagResource": _in_room(handlers.untag_resource, EventName.UNTAG_RESOURCE),
    "ListSecretVersionIds": _in_room(handlers.list_secret_version_ids, EventName.LIST_SECRET_VERSION_IDS),
    "GetResourcePolicy": _in_room(handlers.get_resource_policy, EventName.GET_RESOURCE_POLICY),
    "ListSecrets": _for_the_account(handlers.list_secrets, EventName.LIST_SECRETS),
    "GetRandomPassword": _for_the_account(handlers.get_random_password, EventName.GET_RANDOM_PASSWORD),
}
SERVICE: Service[SecretsManagerRooms] = Service("secretsmanager", _ROWS)
