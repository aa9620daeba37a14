"""Which events exist? The closed vocabulary: a name that is not here cannot be recorded.

Names are CloudTrail's where AWS has the operation; the source is the service that the operation belongs to.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    SUCCESS = "success"
    DENIED = "denied"  # authenticated, or known, but not allowed
    FAILED = "failed"  # not authenticated, malformed, or impossible


class Effect(StrEnum):
    SIGN_IN = "sign-in"
    ISSUE = "issue"
    READ = "read"
    CHANGE = "change"


class Meaning(NamedTuple):
    source: str
    effect: Effect


_SIGNIN = "signin.ostiary"
_OAUTH = "oauth.ostiary"
_ORG = "organization.ostiary"
_STS = "sts.amazonaws.com"
_IAM = "iam.amazonaws.com"
_SECRETS = "secretsmanager.amazonaws.com"
_TRAIL = "cloudtrail.amazonaws.com"
_ANALYZER = "access-analyzer.amazonaws.com"
_ACCESS = "access.ostiary"


class EventName(StrEnum):
    # people
    INVITE_PERSON = "InvitePerson"
    REDEEM_ENROLMENT_LINK = "RedeemEnrolmentLink"
    SET_PASSWORD = "SetPassword"
    REGISTER_FACTOR = "RegisterFactor"
    CHECK_PASSWORD = "CheckPassword"
    SIGN_IN = "SignIn"
    SIGN_OUT = "SignOut"
    END_BROWSER_SESSION = "EndBrowserSession"
    THROTTLE_GUESSING = "ThrottleGuessing"
    GET_ROLE_CREDENTIALS = "GetRoleCredentials"
    UPDATE_PROFILE = "UpdateProfile"
    REMOVE_FACTOR = "RemoveFactor"
    RENAME_FACTOR = "RenameFactor"
    STRENGTHEN_SESSION = "StrengthenSession"
    MAKE_RECOVERY_CODES = "MakeRecoveryCodes"
    USE_RECOVERY_CODE = "UseRecoveryCode"
    SEND_CODE = "SendCode"
    START_RECOVERY = "StartRecovery"
    REDEEM_RECOVERY_LINK = "RedeemRecoveryLink"
    PROVE_FOR_RECOVERY = "ProveForRecovery"
    FINISH_RECOVERY = "FinishRecovery"
    REQUEST_ASSISTED_RECOVERY = "RequestAssistedRecovery"
    DECIDE_ASSISTED_RECOVERY = "DecideAssistedRecovery"
    DISOWN_SIGN_IN = "DisownSignIn"
    START_REGISTRATION = "StartRegistration"
    REGISTER_PERSON = "RegisterPerson"
    ACCEPT_TERMS = "AcceptTerms"
    DELETE_OWN_ACCOUNT = "DeleteOwnAccount"
    DOWNLOAD_OWN_DATA = "DownloadOwnData"
    ASSESS_RISK = "AssessRisk"
    DETECT_ATTACK = "DetectAttack"
    SEE_NEW_NETWORK = "SeeNewNetwork"
    USE_GUARDED_ACCOUNT = "UseGuardedAccount"
    MAKE_BREAK_GLASS = "MakeBreakGlass"
    UNSEAL_BREAK_GLASS = "UnsealBreakGlass"
    TEST_BREAK_GLASS = "TestBreakGlass"
    SEND_MAIL = "SendMail"
    LINK_UPSTREAM_IDENTITY = "LinkUpstreamIdentity"
    # applications
    AUTHORIZE_APPLICATION = "AuthorizeApplication"
    AUTHORIZE_DEVICE = "AuthorizeDevice"  # a device got a code that a person may approve
    APPROVE_DEVICE = "ApproveDevice"
    DENY_DEVICE = "DenyDevice"
    REUSE_DEVICE_CODE = "ReuseDeviceCode"
    GIVE_CONSENT = "GiveConsent"
    WITHDRAW_CONSENT = "WithdrawConsent"
    ISSUE_TOKEN = "IssueToken"
    REUSE_REFRESH_TOKEN = "ReuseRefreshToken"
    REUSE_AUTHORIZATION_CODE = "ReuseAuthorizationCode"
    REVOKE_TOKEN = "RevokeToken"
    INTROSPECT_TOKEN = "IntrospectToken"
    GET_USER_INFO = "GetUserInfo"
    ROTATE_CLIENT_SECRET = "RotateClientSecret"
    # machines
    ASSUME_ROLE = "AssumeRole"
    ASSUME_ROLE_WITH_WEB_IDENTITY = "AssumeRoleWithWebIdentity"
    GET_CALLER_IDENTITY = "GetCallerIdentity"
    GET_ACCESS_KEY_INFO = "GetAccessKeyInfo"
    GET_OPERATOR_CREDENTIALS = "GetOperatorCredentials"
    CREATE_ACCESS_KEY = "CreateAccessKey"
    AUTHENTICATE_REQUEST = "AuthenticateRequest"  # an AWS request whose signature or session was refused
    REVOKE_SESSIONS = "RevokeSessions"
    # IAM
    GENERATE_CREDENTIAL_REPORT = "GenerateCredentialReport"
    GET_CREDENTIAL_REPORT = "GetCredentialReport"
    SIMULATE_PRINCIPAL_POLICY = "SimulatePrincipalPolicy"
    SIMULATE_CUSTOM_POLICY = "SimulateCustomPolicy"
    GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY = "GetContextKeysForPrincipalPolicy"
    GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY = "GetContextKeysForCustomPolicy"
    # secrets
    CREATE_SECRET = "CreateSecret"
    GET_SECRET_VALUE = "GetSecretValue"
    PUT_SECRET_VALUE = "PutSecretValue"
    DESCRIBE_SECRET = "DescribeSecret"
    LIST_SECRETS = "ListSecrets"
    UPDATE_SECRET = "UpdateSecret"
    DELETE_SECRET = "DeleteSecret"
    RESTORE_SECRET = "RestoreSecret"
    TAG_RESOURCE = "TagResource"
    UNTAG_RESOURCE = "UntagResource"
    LIST_SECRET_VERSION_IDS = "ListSecretVersionIds"
    UPDATE_SECRET_VERSION_STAGE = "UpdateSecretVersionStage"
    GET_RESOURCE_POLICY = "GetResourcePolicy"
    GET_RANDOM_PASSWORD = "GetRandomPassword"
    # questions of other services
    EVALUATE_ACCESS = "EvaluateAccess"
    SEARCH_ACCESS = "SearchAccess"
    EXPLAIN_ACCESS = "ExplainAccess"
    # Access Analyzer
    VALIDATE_POLICY = "ValidatePolicy"
    CHECK_NO_NEW_ACCESS = "CheckNoNewAccess"
    CHECK_ACCESS_NOT_GRANTED = "CheckAccessNotGranted"
    # trail
    LOOKUP_EVENTS = "LookupEvents"
    # organization
    INITIALIZE_ORGANIZATION = "InitializeOrganization"
    APPLY_ORGANIZATION = "ApplyOrganization"
    ROTATE_SERVER_KEY = "RotateServerKey"
    BACK_UP = "BackUp"
    RESTORE_BACKUP = "RestoreBackup"


_MEANINGS: dict[EventName, Meaning] = {
    EventName.INVITE_PERSON: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.REDEEM_ENROLMENT_LINK: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.SET_PASSWORD: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.REGISTER_FACTOR: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.CHECK_PASSWORD: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.SIGN_IN: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.SIGN_OUT: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.END_BROWSER_SESSION: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.THROTTLE_GUESSING: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.GET_ROLE_CREDENTIALS: Meaning("sso.amazonaws.com", Effect.ISSUE),
    EventName.UPDATE_PROFILE: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.REMOVE_FACTOR: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.RENAME_FACTOR: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.STRENGTHEN_SESSION: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.MAKE_RECOVERY_CODES: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.USE_RECOVERY_CODE: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.SEND_CODE: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.START_RECOVERY: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.REDEEM_RECOVERY_LINK: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.PROVE_FOR_RECOVERY: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.FINISH_RECOVERY: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.REQUEST_ASSISTED_RECOVERY: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.DECIDE_ASSISTED_RECOVERY: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.DISOWN_SIGN_IN: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.START_REGISTRATION: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.REGISTER_PERSON: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.ACCEPT_TERMS: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.DELETE_OWN_ACCOUNT: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.DOWNLOAD_OWN_DATA: Meaning(_SIGNIN, Effect.READ),
    EventName.ASSESS_RISK: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.DETECT_ATTACK: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.SEE_NEW_NETWORK: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.USE_GUARDED_ACCOUNT: Meaning(_SIGNIN, Effect.SIGN_IN),
    EventName.MAKE_BREAK_GLASS: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.UNSEAL_BREAK_GLASS: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.TEST_BREAK_GLASS: Meaning(_SIGNIN, Effect.READ),
    EventName.SEND_MAIL: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.LINK_UPSTREAM_IDENTITY: Meaning(_SIGNIN, Effect.CHANGE),
    EventName.AUTHORIZE_APPLICATION: Meaning(_OAUTH, Effect.ISSUE),
    EventName.AUTHORIZE_DEVICE: Meaning(_OAUTH, Effect.ISSUE),
    EventName.APPROVE_DEVICE: Meaning(_OAUTH, Effect.ISSUE),
    EventName.DENY_DEVICE: Meaning(_OAUTH, Effect.CHANGE),
    EventName.REUSE_DEVICE_CODE: Meaning(_OAUTH, Effect.CHANGE),
    EventName.GIVE_CONSENT: Meaning(_OAUTH, Effect.CHANGE),
    EventName.WITHDRAW_CONSENT: Meaning(_OAUTH, Effect.CHANGE),
    EventName.ISSUE_TOKEN: Meaning(_OAUTH, Effect.ISSUE),
    EventName.REUSE_REFRESH_TOKEN: Meaning(_OAUTH, Effect.CHANGE),
    EventName.REUSE_AUTHORIZATION_CODE: Meaning(_OAUTH, Effect.CHANGE),
    EventName.REVOKE_TOKEN: Meaning(_OAUTH, Effect.CHANGE),
    EventName.INTROSPECT_TOKEN: Meaning(_OAUTH, Effect.READ),
    EventName.GET_USER_INFO: Meaning(_OAUTH, Effect.READ),
    EventName.ROTATE_CLIENT_SECRET: Meaning(_OAUTH, Effect.CHANGE),
    EventName.ASSUME_ROLE: Meaning(_STS, Effect.ISSUE),
    EventName.ASSUME_ROLE_WITH_WEB_IDENTITY: Meaning(_STS, Effect.ISSUE),
    EventName.GET_CALLER_IDENTITY: Meaning(_STS, Effect.READ),
    EventName.GET_ACCESS_KEY_INFO: Meaning(_STS, Effect.READ),
    EventName.GET_OPERATOR_CREDENTIALS: Meaning(_STS, Effect.ISSUE),
    EventName.CREATE_ACCESS_KEY: Meaning(_IAM, Effect.ISSUE),
    EventName.AUTHENTICATE_REQUEST: Meaning(_STS, Effect.SIGN_IN),
    EventName.REVOKE_SESSIONS: Meaning(_STS, Effect.CHANGE),
    EventName.GENERATE_CREDENTIAL_REPORT: Meaning(_IAM, Effect.READ),
    EventName.GET_CREDENTIAL_REPORT: Meaning(_IAM, Effect.READ),
    EventName.SIMULATE_PRINCIPAL_POLICY: Meaning(_IAM, Effect.READ),
    EventName.SIMULATE_CUSTOM_POLICY: Meaning(_IAM, Effect.READ),
    EventName.GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY: Meaning(_IAM, Effect.READ),
    EventName.GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY: Meaning(_IAM, Effect.READ),
    EventName.CREATE_SECRET: Meaning(_SECRETS, Effect.CHANGE),
    EventName.GET_SECRET_VALUE: Meaning(_SECRETS, Effect.READ),
    EventName.PUT_SECRET_VALUE: Meaning(_SECRETS, Effect.CHANGE),
    EventName.DESCRIBE_SECRET: Meaning(_SECRETS, Effect.READ),
    EventName.LIST_SECRETS: Meaning(_SECRETS, Effect.READ),
    EventName.UPDATE_SECRET: Meaning(_SECRETS, Effect.CHANGE),
    EventName.DELETE_SECRET: Meaning(_SECRETS, Effect.CHANGE),
    EventName.RESTORE_SECRET: Meaning(_SECRETS, Effect.CHANGE),
    EventName.TAG_RESOURCE: Meaning(_SECRETS, Effect.CHANGE),
    EventName.UNTAG_RESOURCE: Meaning(_SECRETS, Effect.CHANGE),
    EventName.LIST_SECRET_VERSION_IDS: Meaning(_SECRETS, Effect.READ),
    EventName.UPDATE_SECRET_VERSION_STAGE: Meaning(_SECRETS, Effect.CHANGE),
    EventName.GET_RESOURCE_POLICY: Meaning(_SECRETS, Effect.READ),
    EventName.GET_RANDOM_PASSWORD: Meaning(_SECRETS, Effect.READ),
    EventName.EVALUATE_ACCESS: Meaning(_ACCESS, Effect.READ),
    EventName.SEARCH_ACCESS: Meaning(_ACCESS, Effect.READ),
    EventName.EXPLAIN_ACCESS: Meaning(_ACCESS, Effect.READ),
    EventName.VALIDATE_POLICY: Meaning(_ANALYZER, Effect.READ),
    EventName.CHECK_NO_NEW_ACCESS: Meaning(_ANALYZER, Effect.READ),
    EventName.CHECK_ACCESS_NOT_GRANTED: Meaning(_ANALYZER, Effect.READ),
    EventName.LOOKUP_EVENTS: Meaning(_TRAIL, Effect.READ),
    EventName.INITIALIZE_ORGANIZATION: Meaning(_ORG, Effect.CHANGE),
    EventName.APPLY_ORGANIZATION: Meaning(_ORG, Effect.CHANGE),
    EventName.ROTATE_SERVER_KEY: Meaning(_ORG, Effect.CHANGE),
    EventName.BACK_UP: Meaning(_ORG, Effect.READ),
    EventName.RESTORE_BACKUP: Meaning(_ORG, Effect.CHANGE),
}


def meaning(name: EventName) -> Meaning:
    return _MEANINGS[name]
