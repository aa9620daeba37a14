"""What does each operation of Secrets Manager ask of the house?

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
"""

from __future__ import annotations

from ostiary.domain.secrets.creation import NewSecret
from ostiary.domain.secrets.errors import InvalidSecretRequest
from ostiary.domain.secrets.listing import FilterKey, ListRequest, SecretFilter, SortKey
from ostiary.domain.secrets.model import AWSCURRENT
from ostiary.domain.secrets.random_password import DEFAULT_LENGTH, PasswordWish, random_password
from ostiary.domain.secrets.relabelling import StageMove
from ostiary.protocols.aws.secretsmanager.given import key_conditions, reject_not_built, tags_in, value_in
from ostiary.protocols.aws.secretsmanager.rooms import SecretsManagerRooms
from ostiary.protocols.aws.secretsmanager.shown import (
    show_description,
    show_entry,
    show_name,
    show_value,
    show_version,
    show_written,
)
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.paging import next_token, read_token
from ostiary.protocols.aws.wire.service import Call, Input, Output

_PAGE = 100


def create_secret(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    reject_not_built(given)
    new = NewSecret(
        name=given["Name"],
        value=value_in(given),
        token=given.get("ClientRequestToken"),
        description=given.get("Description", ""),
        tags=tags_in(given.get("Tags", ())),
        conditions=key_conditions(given),
    )
    return show_written(rooms.creation.create(call.caller, new))


def get_secret_value(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    read = rooms.reading.value(
        call.caller, given["SecretId"], version_id=given.get("VersionId"), stage=given.get("VersionStage")
    )
    return show_value(read)


def put_secret_value(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    reject_not_built(given)
    value = value_in(given)
    if value is None:
        raise InvalidSecretRequest("You must provide either SecretString or SecretBinary.")
    stages = tuple(given.get("VersionStages", (AWSCURRENT,)))
    written = rooms.writing.put_value(
        call.caller, given["SecretId"], value, token=given.get("ClientRequestToken"), stages=stages
    )
    return {**show_written(written), "VersionStages": sorted(written.stages)}


def describe_secret(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    return show_description(rooms.reading.description(call.caller, given["SecretId"]))


def update_secret(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    reject_not_built(given)
    written = rooms.writing.update(
        call.caller,
        given["SecretId"],
        description=given.get("Description"),
        value=value_in(given),
        token=given.get("ClientRequestToken"),
        conditions=key_conditions(given),
    )
    return show_written(written)


def update_secret_version_stage(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    move = StageMove(given["VersionStage"], given.get("RemoveFromVersionId"), given.get("MoveToVersionId"))
    return show_name(rooms.relabelling.move(call.caller, given["SecretId"], move))


def delete_secret(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    deleted = rooms.deletion.delete(
        call.caller,
        given["SecretId"],
        days=given.get("RecoveryWindowInDays"),
        force=given.get("ForceDeleteWithoutRecovery", False),
    )
    name = {"Name": given["SecretId"]} if deleted.secret is None else show_name(deleted.secret)
    return {**name, "DeletionDate": deleted.at}


def restore_secret(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    return show_name(rooms.deletion.restore(call.caller, given["SecretId"]))


def tag_resource(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    rooms.tagging.tag(call.caller, given["SecretId"], tags_in(given["Tags"]))
    return {}


def untag_resource(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    rooms.tagging.untag(call.caller, given["SecretId"], given["TagKeys"])
    return {}


def get_resource_policy(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    """A secret has no resource policy here; that there is none is a true answer, which Terraform asks for."""
    return show_name(rooms.reading.resource_policy(call.caller, given["SecretId"]))


def list_secret_version_ids(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    account = call.caller.account
    page = rooms.reading.versions(
        call.caller,
        given["SecretId"],
        deprecated=given.get("IncludeDeprecated", False),
        after=read_token("ListSecretVersionIds", account, given, str),
        limit=given.get("MaxResults", _PAGE),
    )
    return {
        **show_name(page.secret),
        "Versions": [show_version(entry) for entry in page.entries],
        "NextToken": next_token("ListSecretVersionIds", account, given, page.more) if page.more else None,
    }


def list_secrets(rooms: SecretsManagerRooms, call: Call, given: Input) -> Output:
    account = call.caller.account
    asked = ListRequest(
        account=account,
        filters=tuple(_filter(each) for each in given.get("Filters", ())),
        deleted=given.get("IncludePlannedDeletion", False),
        sort=SortKey(given.get("SortBy", SortKey.CREATED)),
        descending=given.get("SortOrder", "asc") == "desc",
        after=read_token("ListSecrets", account, given, tuple[int, str]),
        limit=given.get("MaxResults", _PAGE),
    )
    page = rooms.listing.page(asked)
    return {
        "SecretList": [show_entry(entry) for entry in page.entries],
        "NextToken": next_token("ListSecrets", account, given, page.more) if page.more else None,
    }


def get_random_password(_rooms: SecretsManagerRooms, _call: Call, given: Input) -> Output:
    wish = PasswordWish(
        length=given.get("PasswordLength", DEFAULT_LENGTH),
        exclude=given.get("ExcludeCharacters", ""),
        lowercase=not given.get("ExcludeLowercase", False),
        uppercase=not given.get("ExcludeUppercase", False),
        numbers=not given.get("ExcludeNumbers", False),
        punctuation=not given.get("ExcludePunctuation", False),
        space=given.get("IncludeSpace", False),
        each_type=given.get("RequireEachIncludedType", True),
    )
    return {"RandomPassword": random_password(wish).reveal()}


def _filter(given: Input) -> SecretFilter:
    key, values = given.get("Key"), given.get("Values")
    if not key or not values:
        raise WireError("InvalidParameterException", "A filter has a Key and at least one of Values.")
    return SecretFilter(FilterKey(key), tuple(values))
