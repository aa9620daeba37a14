"""Which global condition keys does AWS have, and which of them does Ostiary supply?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from ostiary.policy.registry.condition_key import ConditionKey, KeySource, KeyType, absent

_STRING, _ARN, _BOOLEAN, _IP = KeyType.STRING, KeyType.ARN, KeyType.BOOLEAN, KeyType.IP_ADDRESS
_PRINCIPAL, _SESSION, _NETWORK = KeySource.PRINCIPAL, KeySource.SESSION, KeySource.NETWORK
_RESOURCE, _REQUEST, _SERVER = KeySource.RESOURCE, KeySource.REQUEST, KeySource.SERVER

_NO_SERVICE = "no AWS service calls this server for others"
_NO_VPC = "this server stands behind no VPC endpoint"
_NO_COMPUTE = "this server issues no credentials for compute services of AWS"

_PRINCIPAL_KEYS = (
    ConditionKey("aws:PrincipalArn", _ARN, _PRINCIPAL, "the caller's ARN; for a role session the ARN of its role"),
    ConditionKey("aws:PrincipalAccount", _STRING, _PRINCIPAL, "the account that the caller belongs to"),
    ConditionKey("aws:PrincipalOrgID", _STRING, _PRINCIPAL, "the organization that the caller's account belongs to"),
    ConditionKey(
        "aws:PrincipalOrgPaths",
        _STRING,
        _PRINCIPAL,
        "where in the organization the caller's account stands",
        multivalued=True,
    ),
    ConditionKey("aws:PrincipalTag/${TagKey}", _STRING, _PRINCIPAL, "an attribute of the caller"),
    ConditionKey("aws:PrincipalType", _STRING, _PRINCIPAL, "Account, User, AssumedRole or Anonymous"),
    ConditionKey("aws:PrincipalIsAWSService", _BOOLEAN, _PRINCIPAL, "always false"),
    ConditionKey("aws:userid", _STRING, _PRINCIPAL, "the caller's unique id; of a role session `role id:session name`"),
    ConditionKey("aws:username", _STRING, _PRINCIPAL, "the name of an IAM user or of a person; absent for roles"),
    absent("aws:PrincipalServiceName", _STRING, _PRINCIPAL, _NO_SERVICE),
    absent("aws:PrincipalServiceNamesList", _STRING, _PRINCIPAL, _NO_SERVICE, multivalued=True),
)

_SESSION_KEYS = (
    ConditionKey("aws:FederatedProvider", _ARN, _SESSION, "the issuer trust that proved the session's first identity"),
    ConditionKey("aws:TokenIssueTime", KeyType.DATE, _SESSION, "when the temporary credentials were issued"),
    ConditionKey("aws:MultiFactorAuthPresent", _BOOLEAN, _SESSION, "absent for long-term keys, as in AWS"),
    ConditionKey(
        "aws:MultiFactorAuthAge", KeyType.NUMERIC, _SESSION, "seconds since the factors were proved; absent without MFA"
    ),
    ConditionKey("aws:SourceIdentity", _STRING, _SESSION, "set when the first role was assumed; stays for the chain"),
    absent("aws:AssumedRoot", _BOOLEAN, _SESSION, "nobody gets a session of root"),
    absent("aws:ChatbotSourceArn", _ARN, _SESSION, "there is no chat integration"),
    absent("aws:SignInSessionArn", _ARN, _SESSION, "there is no sign-in session of the AWS console"),
    absent("aws:Ec2InstanceSourceVpc", _STRING, _SESSION, _NO_COMPUTE),
    absent("aws:Ec2InstanceSourcePrivateIPv4", _IP, _SESSION, _NO_COMPUTE),
    absent("codebuild:BuildArn", _ARN, _SESSION, _NO_COMPUTE),
    absent("codebuild:ProjectArn", _ARN, _SESSION, _NO_COMPUTE),
    absent("ec2:RoleDelivery", KeyType.NUMERIC, _SESSION, _NO_COMPUTE),
    absent("ec2:SourceInstanceArn", _ARN, _SESSION, _NO_COMPUTE),
    absent("ecs:cluster", _ARN, _SESSION, _NO_COMPUTE),
    absent("glue:CredentialIssuingService", _STRING, _SESSION, _NO_COMPUTE),
    absent("glue:RoleAssumedBy", _STRING, _SESSION, _NO_COMPUTE),
    absent("lambda:SourceFunctionArn", _ARN, _SESSION, _NO_COMPUTE),
    absent("ssm:SourceInstanceArn", _ARN, _SESSION, _NO_COMPUTE),
    absent("identitystore:UserId", _STRING, _SESSION, "sessions carry no identity context; use `aws:SourceIdentity`"),
)

_NETWORK_KEYS = (
    ConditionKey("aws:SourceIp", _IP, _NETWORK, "the client's address, behind the proxies that the operator trusts"),
    absent("aws:SourceVpc", _STRING, _NETWORK, _NO_VPC),
    absent("aws:SourceVpcArn", _ARN, _NETWORK, _NO_VPC),
    absent("aws:SourceVpce", _STRING, _NETWORK, _NO_VPC),
    absent("aws:VpceAccount", _STRING, _NETWORK, _NO_VPC),
    absent("aws:VpceOrgID", _STRING, _NETWORK, _NO_VPC),
    absent("aws:VpceOrgPaths", _STRING, _NETWORK, _NO_VPC, multivalued=True),
    absent("aws:VpcSourceIp", _IP, _NETWORK, _NO_VPC),
)

_RESOURCE_KEYS = (
    ConditionKey("aws:ResourceAccount", _STRING, _RESOURCE, "the account that owns the resource"),
    ConditionKey("aws:ResourceOrgID", _STRING, _RESOURCE, "the organization of the account that owns the resource"),
    ConditionKey(
        "aws:ResourceOrgPaths", _STRING, _RESOURCE, "where in the organization that account stands", multivalued=True
    ),
    ConditionKey("aws:ResourceTag/${TagKey}", _STRING, _RESOURCE, "a tag of the resource: of secrets and roles"),
)

_REQUEST_KEYS = (
    ConditionKey("aws:CurrentTime", KeyType.DATE, _SERVER, "the server's time"),
    ConditionKey("aws:EpochTime", KeyType.DATE, _SERVER, "the server's time in seconds since 1970; a number, too"),
    ConditionKey("aws:RequestedRegion", _STRING, _NETWORK, "the region that the request was signed for"),
    ConditionKey("aws:SecureTransport", _BOOLEAN, _NETWORK, "whether the client came through TLS"),
    ConditionKey("aws:UserAgent", _STRING, _NETWORK, "what the client says of itself: anybody can say anything"),
    ConditionKey("aws:RequestTag/${TagKey}", _STRING, _REQUEST, "a tag that the request gives"),
    ConditionKey(
        "aws:TagKeys", _STRING, _REQUEST, "keys of the tags that the request gives or takes", multivalued=True
    ),
    ConditionKey("aws:ViaAWSService", _BOOLEAN, _SERVER, "always false"),
    ConditionKey("aws:referer", _STRING, _NETWORK, "the page that the client says it comes from: it can say anything"),
    absent("aws:CalledVia", _STRING, _REQUEST, _NO_SERVICE, multivalued=True),
    absent("aws:CalledViaFirst", _STRING, _REQUEST, _NO_SERVICE),
    absent("aws:CalledViaLast", _STRING, _REQUEST, _NO_SERVICE),
    absent("aws:SourceAccount", _STRING, _REQUEST, _NO_SERVICE),
    absent("aws:SourceArn", _ARN, _REQUEST, _NO_SERVICE),
    absent("aws:SourceOrgID", _STRING, _REQUEST, _NO_SERVICE),
    absent("aws:SourceOrgPaths", _STRING, _REQUEST, _NO_SERVICE, multivalued=True),
    absent("aws:CalledViaAWSMCP", _STRING, _REQUEST, "no AWS agent server calls this server"),
    absent("aws:ViaAWSMCPService", _BOOLEAN, _REQUEST, "no AWS agent server calls this server"),
    absent("aws:IsMcpServiceAction", _BOOLEAN, _REQUEST, "no AWS agent server calls this server"),
)

KEYS = (*_PRINCIPAL_KEYS, *_SESSION_KEYS, *_NETWORK_KEYS, *_RESOURCE_KEYS, *_REQUEST_KEYS)
