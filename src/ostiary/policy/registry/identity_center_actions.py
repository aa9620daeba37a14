"""Which actions do IAM Identity Center, its directory and its identity store have?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenterdirectory.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentitystore.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenteroidcservice.html
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import (
    REQUEST_TAGS,
    RESOURCE_TAGS,
    AccessLevel,
    Group,
    service_actions,
)

_LIST, _READ, _WRITE, _TAGGING = AccessLevel.LIST, AccessLevel.READ, AccessLevel.WRITE, AccessLevel.TAGGING
_PERMISSIONS = AccessLevel.PERMISSIONS_MANAGEMENT

_INSTANCE = ("arn:aws:sso:::instance/*",)
_SET = ("arn:aws:sso:::permissionSet/*/*",)
_ACCOUNT = ("arn:aws:sso:::account/*",)
_APPLICATION = ("arn:aws:sso::*:application/*/*", "arn:aws:sso:::application/*")
_PROVIDER = ("arn:aws:sso::aws:applicationProvider/*",)
_ISSUER = ("arn:aws:sso::*:trustedTokenIssuer/*/*",)
_OF_SETS = (*_INSTANCE, *_SET)
_ASSIGNMENT = (*_INSTANCE, *_SET, *_ACCOUNT)
_TAGGABLE = (*_INSTANCE, *_SET, *_APPLICATION, *_ISSUER)

SSO = service_actions(
    "sso",
    Group(_LIST, "ListInstances"),
    Group(_LIST, "ListDirectoryAssociations ListProfileAssociations ListProfiles"),
    Group(
        _READ,
        "DescribeDirectories DescribeRegisteredRegions DescribeTrusts GetManagedApplicationInstance"
        " GetMfaDeviceManagementForDirectory GetPermissionsPolicy GetProfile GetSharedSsoConfiguration"
        " GetSSOStatus GetSsoConfiguration GetTrust SearchGroups SearchUsers",
    ),
    Group(
        _WRITE,
        "AssociateDirectory AssociateProfile CreateApplicationInstance CreateManagedApplicationInstance CreateProfile"
        " DeleteManagedApplicationInstance DeleteProfile DisassociateDirectory DisassociateProfile StartSSO"
        " UpdateProfile UpdateSSOConfiguration",
    ),
    Group(
        _LIST,
        "ListAccountAssignmentCreationStatus ListAccountAssignmentDeletionStatus ListAccountAssignmentsForPrincipal"
        " ListApplicationAssignmentsForPrincipal ListApplications ListPermissionSetProvisioningStatus"
        " ListPermissionSets ListRegions ListTrustedTokenIssuers",
        _INSTANCE,
        RESOURCE_TAGS,
    ),
    Group(
        _READ,
        "DescribeAccountAssignmentCreationStatus DescribeAccountAssignmentDeletionStatus DescribeInstance"
        " DescribeInstanceAccessControlAttributeConfiguration DescribePermissionSetProvisioningStatus DescribeRegion",
        _INSTANCE,
        RESOURCE_TAGS,
    ),
    Group(
        _WRITE,
        "AddRegion CreateInstanceAccessControlAttributeConfiguration DeleteInstance"
        " DeleteInstanceAccessControlAttributeConfiguration RemoveRegion UpdateInstance"
        " UpdateInstanceAccessControlAttributeConfiguration",
        _INSTANCE,
        RESOURCE_TAGS,
    ),
    Group(_WRITE, "CreateInstance", _INSTANCE, REQUEST_TAGS),
    Group(_LIST, "ListAccountAssignments", _ASSIGNMENT),
    Group(_WRITE, "CreateAccountAssignment DeleteAccountAssignment", _ASSIGNMENT),
    Group(
        _LIST,
        "ListAccountsForProvisionedPermissionSet ListCustomerManagedPolicyReferencesInPermissionSet"
        " ListManagedPoliciesInPermissionSet",
        _OF_SETS,
        RESOURCE_TAGS,
    ),
    Group(_LIST, "ListPermissionSetsProvisionedToAccount", (*_INSTANCE, *_ACCOUNT)),
    Group(
        _READ,
        "DescribePermissionSet GetInlinePolicyForPermissionSet GetPermissionsBoundaryForPermissionSet",
        _OF_SETS,
        RESOURCE_TAGS,
    ),
    Group(_WRITE, "CreatePermissionSet", _OF_SETS, REQUEST_TAGS),
    Group(_WRITE, "DeletePermissionSet ProvisionPermissionSet UpdatePermissionSet", _OF_SETS, RESOURCE_TAGS),
    Group(
        _PERMISSIONS,
        "AttachCustomerManagedPolicyReferenceToPermissionSet AttachManagedPolicyToPermissionSet"
        " DeleteInlinePolicyFromPermissionSet DeletePermissionsBoundaryFromPermissionSet"
        " DetachCustomerManagedPolicyReferenceFromPermissionSet DetachManagedPolicyFromPermissionSet"
        " PutInlinePolicyToPermissionSet PutPermissionsBoundaryToPermissionSet",
        _OF_SETS,
        RESOURCE_TAGS,
    ),
    Group(_LIST, "ListApplicationProviders", _PROVIDER),
    Group(_READ, "DescribeApplicationProvider", _PROVIDER),
    Group(
        _LIST,
        "ListApplicationAccessScopes ListApplicationAssignments ListApplicationAuthenticationMethods"
        " ListApplicationGrants",
        _APPLICATION,
        RESOURCE_TAGS,
    ),
    Group(
        _READ,
        "DescribeApplication DescribeApplicationAssignment GetApplicationAccessScope"
        " GetApplicationAssignmentConfiguration GetApplicationAuthenticationMethod GetApplicationGrant"
        " GetApplicationSessionConfiguration",
        _APPLICATION,
        RESOURCE_TAGS,
    ),
    Group(_WRITE, "CreateApplication", (*_INSTANCE, *_PROVIDER, *_APPLICATION), REQUEST_TAGS),
    Group(
        _WRITE,
        "CreateApplicationAssignment DeleteApplication DeleteApplicationAccessScope DeleteApplicationAssignment"
        " DeleteApplicationAuthenticationMethod DeleteApplicationGrant PutApplicationAccessScope"
        " PutApplicationAssignmentConfiguration PutApplicationAuthenticationMethod PutApplicationGrant"
        " PutApplicationSessionConfiguration UpdateApplication",
        _APPLICATION,
        RESOURCE_TAGS,
    ),
    Group(_READ, "DescribeTrustedTokenIssuer", _ISSUER, RESOURCE_TAGS),
    Group(_WRITE, "CreateTrustedTokenIssuer", (*_INSTANCE, *_ISSUER), REQUEST_TAGS),
    Group(_WRITE, "DeleteTrustedTokenIssuer UpdateTrustedTokenIssuer", _ISSUER, RESOURCE_TAGS),
    Group(_READ, "ListTagsForResource", _TAGGABLE, RESOURCE_TAGS),
    Group(_TAGGING, "TagResource", _TAGGABLE, (*REQUEST_TAGS, *RESOURCE_TAGS)),
    Group(_TAGGING, "UntagResource", _TAGGABLE, ("aws:TagKeys", *RESOURCE_TAGS)),
)

SSO_DIRECTORY = service_actions(
    "sso-directory",
    Group(
        _READ,
        "DescribeDirectory DescribeGroup DescribeGroups DescribeUser DescribeUserByUniqueAttribute DescribeUsers"
        " GetAWSSPConfigurationForDirectory GetUserPoolInfo IsMemberInGroup ListBearerTokens ListGroupsForMember"
        " ListGroupsForUser ListMembersInGroup ListMfaDevicesForUser ListProvisioningTenants SearchGroups SearchUsers"
        " DescribeProvisioningTenant ListExternalIdPConfigurationsForDirectory ListExternalIdPCertificates",
    ),
    Group(
        _WRITE,
        "AddMemberToGroup CompleteVirtualMfaDeviceRegistration CompleteWebAuthnDeviceRegistration CreateAlias"
        " CreateBearerToken CreateExternalIdPConfigurationForDirectory CreateGroup CreateProvisioningTenant CreateUser"
        " DeleteBearerToken DeleteExternalIdPCertificate DeleteExternalIdPConfigurationForDirectory DeleteGroup"
        " DeleteMfaDeviceForUser DeleteProvisioningTenant DeleteUser DisableExternalIdPConfigurationForDirectory"
        " DisableUser EnableExternalIdPConfigurationForDirectory EnableUser ImportExternalIdPCertificate"
        " RemoveMemberFromGroup StartVirtualMfaDeviceRegistration StartWebAuthnDeviceRegistration"
        " UpdateExternalIdPConfigurationForDirectory UpdateGroup UpdateGroupDisplayName UpdateMfaDeviceForUser"
        " UpdatePassword UpdateUser UpdateUserName VerifyEmail",
    ),
)

_STORE = ("arn:aws:identitystore::*:identitystore/*",)
_USER = ("arn:aws:identitystore:::user/*",)
_GROUP = ("arn:aws:identitystore:::group/*",)
_MEMBERSHIP = ("arn:aws:identitystore:::membership/*",)

IDENTITYSTORE = service_actions(
    "identitystore",
    Group(_LIST, "ListIdentityStores"),
    Group(_READ, "DescribeIdentityStore", _STORE),
    Group(_WRITE, "UpdateIdentityStore", _STORE),
    Group(_LIST, "ListGroups", (*_STORE, *_GROUP)),
    Group(_LIST, "ListUsers", (*_STORE, *_USER)),
    Group(_LIST, "ListGroupMemberships", (*_STORE, *_GROUP, *_MEMBERSHIP)),
    Group(_LIST, "ListGroupMembershipsForMember", (*_STORE, *_USER, *_MEMBERSHIP)),
    Group(_READ, "DescribeUser GetUserId", (*_STORE, *_USER)),
    Group(_READ, "DescribeGroup GetGroupId", (*_STORE, *_GROUP)),
    Group(_READ, "DescribeGroupMembership GetGroupMembershipId", (*_STORE, *_MEMBERSHIP)),
    Group(_READ, "IsMemberInGroups", (*_STORE, *_GROUP, *_USER, *_MEMBERSHIP)),
    Group(_WRITE, "CreateUser UpdateUser", (*_STORE, *_USER)),
    Group(_WRITE, "CreateGroup UpdateGroup", (*_STORE, *_GROUP)),
    Group(_WRITE, "DeleteUser", (*_STORE, *_USER, *_MEMBERSHIP)),
    Group(_WRITE, "DeleteGroup", (*_STORE, *_GROUP, *_MEMBERSHIP)),
    Group(_WRITE, "CreateGroupMembership", (*_STORE, *_GROUP, *_USER)),
    Group(_WRITE, "DeleteGroupMembership", (*_STORE, *_MEMBERSHIP)),
)

SSO_OAUTH = service_actions(
    "sso-oauth",
    Group(_WRITE, "CreateTokenWithIAM", _APPLICATION),
    Group(_READ, "IntrospectTokenWithIAM", _APPLICATION),
    Group(_WRITE, "RevokeTokenWithIAM", _APPLICATION),
)
