"""Which actions does Secrets Manager have?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import REQUEST_TAGS, AccessLevel, Group, service_actions

_SECRET = ("arn:aws:secretsmanager:*:*:secret:*",)
_EVERY = (
    "secretsmanager:SecretId",
    "secretsmanager:SecretPrimaryRegion",
    "secretsmanager:ResourceTag/${TagKey}",
    "aws:ResourceTag/${TagKey}",
    "secretsmanager:resource/AllowRotationLambdaArn",
    "secretsmanager:resource/Type",
)
_KMS = ("secretsmanager:KmsKeyId", "secretsmanager:KmsKeyArn", "secretsmanager:Type")
_REPLICAS = ("secretsmanager:AddReplicaRegions", "secretsmanager:ForceOverwriteReplicaSecret")
_ROTATION = (
    "secretsmanager:RotationLambdaARN",
    "secretsmanager:ModifyRotationRules",
    "secretsmanager:RotateImmediately",
    "secretsmanager:ExternalSecretRotationRoleArn",
)

SECRETSMANAGER = service_actions(
    "secretsmanager",
    Group(
        AccessLevel.WRITE,
        "CreateSecret",
        _SECRET,
        ("secretsmanager:Name", "secretsmanager:Description", *_KMS, *_REPLICAS, *REQUEST_TAGS, *_EVERY),
    ),
    Group(AccessLevel.WRITE, "UpdateSecret", _SECRET, ("secretsmanager:Description", *_KMS, *_EVERY)),
    Group(
        AccessLevel.WRITE,
        "DeleteSecret",
        _SECRET,
        ("secretsmanager:ForceDeleteWithoutRecovery", "secretsmanager:RecoveryWindowInDays", *_EVERY),
    ),
    Group(
        AccessLevel.WRITE,
        "PutSecretValue UpdateSecretVersionStage",
        _SECRET,
        ("secretsmanager:VersionStage", *_EVERY),
    ),
    Group(AccessLevel.WRITE, "ReplicateSecretToRegions", _SECRET, (*_REPLICAS, *_EVERY)),
    Group(AccessLevel.WRITE, "RotateSecret", _SECRET, (*_ROTATION, *_EVERY)),
    Group(
        AccessLevel.WRITE,
        "CancelRotateSecret RemoveRegionsFromReplication RestoreSecret StopReplicationToReplica"
        " AssociateCrossAccountReplica DisassociateCrossAccountReplica",
        _SECRET,
        _EVERY,
    ),
    Group(
        AccessLevel.READ,
        "GetSecretValue",
        _SECRET,
        ("secretsmanager:VersionId", "secretsmanager:VersionStage", *_EVERY),
    ),
    Group(AccessLevel.READ, "DescribeSecret GetResourcePolicy ListSecretVersionIds", _SECRET, _EVERY),
    Group(AccessLevel.READ, "GetRandomPassword"),
    Group(AccessLevel.LIST, "BatchGetSecretValue ListResourcePolicies ListSecrets"),
    Group(
        AccessLevel.PERMISSIONS_MANAGEMENT,
        "PutResourcePolicy",
        _SECRET,
        ("secretsmanager:BlockPublicPolicy", *_EVERY),
    ),
    Group(AccessLevel.PERMISSIONS_MANAGEMENT, "DeleteResourcePolicy ValidateResourcePolicy", _SECRET, _EVERY),
    Group(AccessLevel.TAGGING, "TagResource", _SECRET, (*REQUEST_TAGS, *_EVERY)),
    Group(AccessLevel.TAGGING, "UntagResource", _SECRET, ("aws:TagKeys", *_EVERY)),
)
