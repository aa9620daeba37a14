"""Which condition keys belong to Secrets Manager?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType, absent

_STRING, _BOOLEAN, _ARN = KeyType.STRING, KeyType.BOOLEAN, KeyType.ARN
_REQUEST, _RESOURCE = KeySource.REQUEST, KeySource.RESOURCE
_NO_REPLICAS = "secrets are not replicated to regions"
_NO_ROTATION = "this server does not rotate secrets by itself"
_NO_POLICY = "secrets have no resource policies of their own"

KEYS = (
    ConditionKey("secretsmanager:Description", _STRING, _REQUEST, "the description that the request gives"),
    ConditionKey("secretsmanager:ForceDeleteWithoutRecovery", _BOOLEAN, _REQUEST, "DeleteSecret: destroy at once"),
    ConditionKey("secretsmanager:KmsKeyId", _STRING, _REQUEST, "the key that the request names"),
    ConditionKey("secretsmanager:Name", _STRING, _REQUEST, "CreateSecret: the name that the secret is to have"),
    ConditionKey(
        "secretsmanager:RecoveryWindowInDays", KeyType.NUMERIC, _REQUEST, "DeleteSecret: days until it is destroyed"
    ),
    ConditionKey("secretsmanager:ResourceTag/${TagKey}", _STRING, _RESOURCE, "a tag of the secret"),
    ConditionKey("secretsmanager:SecretId", _ARN, _REQUEST, "the secret as the request names it: a name or an ARN"),
    ConditionKey("secretsmanager:SecretPrimaryRegion", _STRING, _RESOURCE, "the region in the secret's ARN"),
    ConditionKey("secretsmanager:VersionId", _STRING, _REQUEST, "the version that the request names"),
    ConditionKey(
        "secretsmanager:VersionStage",
        _STRING,
        _REQUEST,
        "the stage that is read or moved, AWSCURRENT when none is named; all stages that PutSecretValue sets",
    ),
    absent("secretsmanager:AddReplicaRegions", _STRING, _REQUEST, _NO_REPLICAS, multivalued=True),
    absent("secretsmanager:ForceOverwriteReplicaSecret", _BOOLEAN, _REQUEST, _NO_REPLICAS),
    absent("secretsmanager:BlockPublicPolicy", _BOOLEAN, _REQUEST, _NO_POLICY),
    absent("secretsmanager:ExternalSecretRotationRoleArn", _ARN, _REQUEST, _NO_ROTATION),
    absent("secretsmanager:ModifyRotationRules", _BOOLEAN, _REQUEST, _NO_ROTATION),
    absent("secretsmanager:RotateImmediately", _BOOLEAN, _REQUEST, _NO_ROTATION),
    absent("secretsmanager:RotationLambdaARN", _ARN, _REQUEST, _NO_ROTATION),
    absent("secretsmanager:resource/AllowRotationLambdaArn", _ARN, _RESOURCE, _NO_ROTATION),
    absent("secretsmanager:KmsKeyArn", _ARN, _REQUEST, "secrets are sealed under the server's own keys"),
    absent("secretsmanager:Type", _STRING, _REQUEST, "secrets of partner services are not kept"),
    absent("secretsmanager:resource/Type", _STRING, _RESOURCE, "secrets of partner services are not kept"),
)
