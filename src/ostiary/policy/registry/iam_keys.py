"""Which condition keys belong to IAM?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_identityandaccessmanagement.html
"""

from __future__ import annotations

from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType, absent

_STRING, _ARN, _REQUEST = KeyType.STRING, KeyType.ARN, KeySource.REQUEST
_BY_FILE = "no operation here changes that; the organization's file does"
_NO_DEVICE = "second factors are enrolled by people, not by an IAM operation"

KEYS = (
    ConditionKey("iam:ResourceTag/${TagKey}", _STRING, KeySource.RESOURCE, "a tag of the role that is to be assumed"),
    absent("iam:AWSServiceName", _STRING, _REQUEST, "there are no service-linked roles"),
    absent("iam:AssociatedResourceArn", _ARN, _REQUEST, "no role is passed to a service"),
    absent("iam:PassedToService", _STRING, _REQUEST, "no role is passed to a service"),
    absent("iam:DelegationDuration", KeyType.NUMERIC, _REQUEST, _BY_FILE),
    absent("iam:DelegationRequestOwner", _ARN, _REQUEST, _BY_FILE),
    absent("iam:NotificationChannel", _ARN, _REQUEST, _BY_FILE),
    absent("iam:TemplateArn", _ARN, _REQUEST, _BY_FILE),
    absent("iam:FIDO-certification", _STRING, _REQUEST, _NO_DEVICE),
    absent("iam:FIDO-FIPS-140-2-certification", _STRING, _REQUEST, _NO_DEVICE),
    absent("iam:FIDO-FIPS-140-3-certification", _STRING, _REQUEST, _NO_DEVICE),
    absent("iam:RegisterSecurityKey", _STRING, _REQUEST, _NO_DEVICE),
    absent("iam:OrganizationsPolicyId", _STRING, _REQUEST, _BY_FILE),
    absent("iam:PermissionsBoundary", _ARN, _REQUEST, _BY_FILE),
    absent("iam:PolicyARN", _ARN, _REQUEST, _BY_FILE),
    absent("iam:ServiceSpecificCredentialAgeDays", KeyType.NUMERIC, _REQUEST, "there are no such credentials"),
    absent("iam:ServiceSpecificCredentialServiceName", _STRING, _REQUEST, "there are no such credentials"),
)
