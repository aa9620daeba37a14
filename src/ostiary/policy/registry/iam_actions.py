"""Which actions does IAM have?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_identityandaccessmanagement.html
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import REQUEST_TAGS, AccessLevel, Group, service_actions

_LIST, _READ, _WRITE = AccessLevel.LIST, AccessLevel.READ, AccessLevel.WRITE
_PERMISSIONS, _TAGGING = AccessLevel.PERMISSIONS_MANAGEMENT, AccessLevel.TAGGING

_USER = ("arn:aws:iam::*:user/*",)
_GROUP = ("arn:aws:iam::*:group/*",)
_ROLE = ("arn:aws:iam::*:role/*",)
_POLICY = ("arn:aws:iam::*:policy/*",)
_PROFILE = ("arn:aws:iam::*:instance-profile/*",)
_OIDC = ("arn:aws:iam::*:oidc-provider/*",)
_SAML = ("arn:aws:iam::*:saml-provider/*",)
_CERTIFICATE = ("arn:aws:iam::*:server-certificate/*",)
_MFA = ("arn:aws:iam::*:mfa/*",)
_REPORT = ("arn:aws:iam::*:access-report/*",)
_DELEGATION = ("arn:aws:iam::*:delegation-request/*",)

_TAGS = ("aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}")
_BOUNDARY = ("iam:PermissionsBoundary",)
_ATTACHED = ("iam:PolicyARN", "iam:PermissionsBoundary")
_FIDO = (
    "iam:FIDO-certification",
    "iam:FIDO-FIPS-140-2-certification",
    "iam:FIDO-FIPS-140-3-certification",
    "iam:RegisterSecurityKey",
)
_SERVICE_CREDENTIAL = ("iam:ServiceSpecificCredentialServiceName", "iam:ServiceSpecificCredentialAgeDays")

_OF_USERS = (
    Group(
        _LIST,
        "GetLoginProfile ListAccessKeys ListAttachedUserPolicies ListGroupsForUser ListMFADevices"
        " ListServiceSpecificCredentials ListSigningCertificates ListSSHPublicKeys ListUserPolicies ListUserTags",
        _USER,
        _TAGS,
    ),
    Group(_READ, "GetAccessKeyLastUsed GetSSHPublicKey GetUser GetUserPolicy", _USER, _TAGS),
    Group(
        _WRITE,
        "ChangePassword CreateAccessKey CreateLoginProfile DeactivateMFADevice DeleteAccessKey DeleteLoginProfile"
        " DeleteServiceSpecificCredential DeleteSigningCertificate DeleteSSHPublicKey DeleteUser"
        " ResetServiceSpecificCredential ResyncMFADevice UpdateAccessKey UpdateLoginProfile"
        " UpdateServiceSpecificCredential UpdateSigningCertificate UpdateSSHPublicKey UpdateUser"
        " UploadSigningCertificate UploadSSHPublicKey",
        _USER,
        _TAGS,
    ),
    Group(_WRITE, "CreateServiceSpecificCredential", _USER, (*_SERVICE_CREDENTIAL, *_TAGS)),
    Group(_WRITE, "EnableMFADevice", _USER, (*_FIDO, *_TAGS)),
    Group(_WRITE, "CreateUser", _USER, (*_BOUNDARY, *REQUEST_TAGS)),
    Group(_PERMISSIONS, "AttachUserPolicy DetachUserPolicy", _USER, (*_ATTACHED, *_TAGS)),
    Group(
        _PERMISSIONS,
        "DeleteUserPermissionsBoundary DeleteUserPolicy PutUserPermissionsBoundary PutUserPolicy",
        _USER,
        (*_BOUNDARY, *_TAGS),
    ),
    Group(_TAGGING, "TagUser", _USER, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagUser", _USER, ("aws:TagKeys", *_TAGS)),
)

_OF_GROUPS = (
    Group(_LIST, "ListAttachedGroupPolicies ListGroupPolicies", _GROUP),
    Group(_READ, "GetGroup GetGroupPolicy", _GROUP),
    Group(_WRITE, "AddUserToGroup CreateGroup DeleteGroup RemoveUserFromGroup UpdateGroup", _GROUP),
    Group(_PERMISSIONS, "AttachGroupPolicy DetachGroupPolicy", _GROUP, ("iam:PolicyARN",)),
    Group(_PERMISSIONS, "DeleteGroupPolicy PutGroupPolicy", _GROUP),
)

_OF_ROLES = (
    Group(
        _LIST,
        "ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags",
        _ROLE,
        _TAGS,
    ),
    Group(_READ, "GetRole GetRolePolicy GetServiceLinkedRoleDeletionStatus", _ROLE, _TAGS),
    Group(_WRITE, "AcquireRole DeleteRole DeleteServiceLinkedRole UpdateRole UpdateRoleDescription", _ROLE, _TAGS),
    Group(_WRITE, "CreateRole", _ROLE, (*_BOUNDARY, *REQUEST_TAGS)),
    Group(_WRITE, "CreateServiceLinkedRole", _ROLE, ("iam:AWSServiceName",)),
    Group(_WRITE, "PassRole", _ROLE, ("iam:AssociatedResourceArn", "iam:PassedToService", *_TAGS)),
    Group(_PERMISSIONS, "AttachRolePolicy DetachRolePolicy", _ROLE, (*_ATTACHED, *_TAGS)),
    Group(
        _PERMISSIONS,
        "DeleteRolePermissionsBoundary DeleteRolePolicy PutRolePermissionsBoundary PutRolePolicy",
        _ROLE,
        (*_BOUNDARY, *_TAGS),
    ),
    Group(_PERMISSIONS, "UpdateAssumeRolePolicy", _ROLE, _TAGS),
    Group(_TAGGING, "TagRole", _ROLE, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagRole", _ROLE, ("aws:TagKeys", *_TAGS)),
)

_OF_POLICIES = (
    Group(_LIST, "ListEntitiesForPolicy ListPolicyTags ListPolicyVersions", _POLICY, _TAGS),
    Group(_READ, "GetPolicy GetPolicyVersion", _POLICY, _TAGS),
    Group(_PERMISSIONS, "CreatePolicy", _POLICY, REQUEST_TAGS),
    Group(_PERMISSIONS, "CreatePolicyVersion DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion", _POLICY, _TAGS),
    Group(_TAGGING, "TagPolicy", _POLICY, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagPolicy", _POLICY, ("aws:TagKeys", *_TAGS)),
)

_OF_PROVIDERS = (
    Group(_LIST, "ListOpenIDConnectProviderTags", _OIDC, _TAGS),
    Group(_LIST, "ListSAMLProviderTags", _SAML, _TAGS),
    Group(_READ, "GetOpenIDConnectProvider", _OIDC, _TAGS),
    Group(_READ, "GetSAMLProvider", _SAML, _TAGS),
    Group(_WRITE, "CreateOpenIDConnectProvider", _OIDC, REQUEST_TAGS),
    Group(
        _WRITE,
        "AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider"
        " UpdateOpenIDConnectProviderThumbprint",
        _OIDC,
        _TAGS,
    ),
    Group(_WRITE, "CreateSAMLProvider", _SAML, REQUEST_TAGS),
    Group(_WRITE, "DeleteSAMLProvider UpdateSAMLProvider", _SAML, _TAGS),
    Group(_TAGGING, "TagOpenIDConnectProvider", _OIDC, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagOpenIDConnectProvider", _OIDC, ("aws:TagKeys", *_TAGS)),
    Group(_TAGGING, "TagSAMLProvider", _SAML, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagSAMLProvider", _SAML, ("aws:TagKeys", *_TAGS)),
)

_OF_DEVICES = (
    Group(_LIST, "ListInstanceProfileTags", _PROFILE, _TAGS),
    Group(_LIST, "ListServerCertificateTags", _CERTIFICATE, _TAGS),
    Group(_LIST, "ListMFADeviceTags", _MFA, _TAGS),
    Group(_READ, "GetInstanceProfile", _PROFILE, _TAGS),
    Group(_READ, "GetServerCertificate", _CERTIFICATE, _TAGS),
    Group(_READ, "GetMFADevice", _USER, _TAGS),
    Group(_WRITE, "CreateInstanceProfile", _PROFILE, REQUEST_TAGS),
    Group(_WRITE, "AddRoleToInstanceProfile DeleteInstanceProfile RemoveRoleFromInstanceProfile", _PROFILE, _TAGS),
    Group(_WRITE, "UploadServerCertificate", _CERTIFICATE, REQUEST_TAGS),
    Group(_WRITE, "DeleteServerCertificate UpdateServerCertificate", _CERTIFICATE, _TAGS),
    Group(_WRITE, "CreateVirtualMFADevice", _MFA, REQUEST_TAGS),
    Group(_WRITE, "DeleteVirtualMFADevice", _MFA, _TAGS),
    Group(_TAGGING, "TagInstanceProfile", _PROFILE, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagInstanceProfile", _PROFILE, ("aws:TagKeys", *_TAGS)),
    Group(_TAGGING, "TagServerCertificate", _CERTIFICATE, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagServerCertificate", _CERTIFICATE, ("aws:TagKeys", *_TAGS)),
    Group(_TAGGING, "TagMFADevice", _MFA, (*REQUEST_TAGS, *_TAGS)),
    Group(_TAGGING, "UntagMFADevice", _MFA, ("aws:TagKeys", *_TAGS)),
)

_OF_DELEGATION = (
    Group(_LIST, "ListDelegationRequests"),
    Group(_READ, "GetDelegationRequest GetHumanReadableSummary", _DELEGATION, ("iam:DelegationRequestOwner",)),
    Group(
        _WRITE,
        "CreateDelegationRequest",
        _DELEGATION,
        ("iam:DelegationDuration", "iam:NotificationChannel", "iam:TemplateArn"),
    ),
    Group(
        _WRITE,
        "AcceptDelegationRequest AssociateDelegationRequest RejectDelegationRequest SendDelegationToken"
        " UpdateDelegationRequest",
        _DELEGATION,
        ("iam:DelegationRequestOwner",),
    ),
)

_OF_THE_ACCOUNT = (
    Group(
        _LIST,
        "GetAccountSummary ListAccountAliases ListGroups ListInstanceProfiles ListOpenIDConnectProviders"
        " ListOrganizationsFeatures ListPolicies ListRoles ListSAMLProviders ListServerCertificates"
        " ListCloudFrontPublicKeys ListSTSRegionalEndpointsStatus ListUsers ListVirtualMFADevices",
    ),
    Group(_LIST, "ListPoliciesGrantingServiceAccess", (*_GROUP, *_ROLE, *_USER)),
    Group(
        _READ,
        "GenerateCredentialReport GetAccountAuthorizationDetails GetAccountEmailAddress GetAccountName"
        " GetAccountPasswordPolicy GetAccountProperties GetCloudFrontPublicKey GetContextKeysForCustomPolicy"
        " GetCredentialReport GetOrganizationsAccessReport GetOutboundWebIdentityFederationInfo GetRoleTemplateVersion"
        " GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities SimulateCustomPolicy",
    ),
    Group(_READ, "GenerateOrganizationsAccessReport", _REPORT, ("iam:OrganizationsPolicyId",)),
    Group(_READ, "GenerateServiceLastAccessedDetails", (*_GROUP, *_POLICY, *_ROLE, *_USER)),
    Group(_READ, "GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy", (*_GROUP, *_ROLE, *_USER)),
    Group(
        _WRITE,
        "CreateAccountAlias DeleteAccountAlias DeleteCloudFrontPublicKey DisableOrganizationsRootCredentialsManagement"
        " DisableOrganizationsRootSessions DisableOutboundWebIdentityFederation"
        " EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions"
        " EnableOutboundWebIdentityFederation PutAccountProperties SetSecurityTokenServicePreferences"
        " SetSTSRegionalEndpointStatus UpdateAccountEmailAddress UpdateAccountName UpdateAccountPasswordPolicy"
        " UpdateCloudFrontPublicKey UploadCloudFrontPublicKey",
    ),
    Group(_PERMISSIONS, "DeleteAccountPasswordPolicy"),
)

IAM = service_actions(
    "iam",
    *_OF_USERS,
    *_OF_GROUPS,
    *_OF_ROLES,
    *_OF_POLICIES,
    *_OF_PROVIDERS,
    *_OF_DEVICES,
    *_OF_DELEGATION,
    *_OF_THE_ACCOUNT,
)
