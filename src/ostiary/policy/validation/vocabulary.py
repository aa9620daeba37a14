"""What can be said about a policy: the codes of findings, their types, and where to read about them.

Codes, types and links are those of AWS wherever a finding has a counterpart there; others begin with OSTIARY_.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto

from ostiary.policy.validation.source import Location, sound


class FindingType(StrEnum):
    """The more serious, the earlier."""

    ERROR = "ERROR"
    SECURITY_WARNING = "SECURITY_WARNING"
    WARNING = "WARNING"
    SUGGESTION = "SUGGESTION"


class _Named(StrEnum):
    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        del start, count, last_values
        return name


class Code(_Named):
    # Errors of AWS
    ARN_ACCOUNT_NOT_ALLOWED = auto()
    ARN_REGION_NOT_ALLOWED = auto()
    DATA_TYPE_MISMATCH = auto()
    DUPLICATE_KEYS_WITH_DIFFERENT_CASE = auto()
    EMPTY_VARIABLE = auto()
    INVALID_ACTION = auto()
    INVALID_ARN_ACCOUNT = auto()
    INVALID_ARN_PREFIX = auto()
    INVALID_ARN_RESOURCE = auto()
    INVALID_ARN_SERVICE_CASE = auto()
    INVALID_CONDITION_DATA_TYPE = auto()
    INVALID_CONDITION_KEY_FORMAT = auto()
    INVALID_CONDITION_MULTIPLE_BOOLEAN = auto()
    INVALID_CONDITION_OPERATOR = auto()
    INVALID_EFFECT = auto()
    INVALID_GLOBAL_CONDITION_KEY = auto()
    INVALID_PARTITION = auto()
    INVALID_POLICY_ELEMENT = auto()
    INVALID_PRINCIPAL_FORMAT = auto()
    INVALID_PRINCIPAL_KEY = auto()
    INVALID_SERVICE_CONDITION_KEY = auto()
    INVALID_SERVICE_IN_ACTION = auto()
    INVALID_SERVICE_PRINCIPAL_FORMAT = auto()
    INVALID_VARIABLE_FOR_OPERATOR = auto()
    INVALID_VERSION = auto()
    JSON_SYNTAX_ERROR = auto()
    MISSING_ACTION = auto()
    MISMATCHED_ACTION_FOR_PRINCIPAL = auto()
    MISSING_ARN_FIELD = auto()
    MISSING_ARN_REGION = auto()
    MISSING_BRACE_IN_VARIABLE = auto()
    MISSING_EFFECT = auto()
    MISSING_PRINCIPAL = auto()
    MISSING_QUALIFIER = auto()
    MISSING_QUOTE_IN_VARIABLE = auto()
    MISSING_RESOURCE = auto()
    MISSING_STATEMENT = auto()
    MISSING_TAG_KEY_IN_CONDITION = auto()
    NULL_WITH_IF_EXISTS = auto()
    POLICY_SIZE_EXCEEDS_SCP_QUOTA = auto()
    SCP_SYNTAX_ERROR_PRINCIPAL = auto()
    UNIQUE_SIDS_REQUIRED = auto()
    UNSUPPORTED_ACTION_IN_POLICY = auto()
    UNSUPPORTED_ELEMENT_COMBINATION = auto()
    UNSUPPORTED_PRINCIPAL = auto()
    UNSUPPORTED_SID = auto()
    UNSUPPORTED_SPACE_IN_VARIABLE = auto()
    UNSUPPORTED_SYMBOL_IN_VARIABLE = auto()
    UNSUPPORTED_WILDCARD_IN_PRINCIPAL = auto()
    VARIABLE_UNSUPPORTED_IN_ELEMENT = auto()
    VARIABLE_UNSUPPORTED_IN_VERSION = auto()
    # Security warnings of AWS
    ALLOW_WITH_NOT_PRINCIPAL = auto()
    FORALLVALUES_WITH_SINGLE_VALUED_KEY = auto()
    PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE = auto()
    PASS_ROLE_WITH_NOT_RESOURCE = auto()
    PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE = auto()
    PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE = auto()
    PASS_ROLE_WITH_STAR_IN_RESOURCE = auto()
    PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION = auto()
    RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL = auto()
    # Warnings of AWS
    CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE = auto()
    CREATE_SLR_WITH_NOT_RESOURCE = auto()
    CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE = auto()
    CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE = auto()
    CREATE_SLR_WITH_STAR_IN_RESOURCE = auto()
    CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION = auto()
    DEPRECATED_GLOBAL_CONDITION_KEY = auto()
    INVALID_DATE_VALUE = auto()
    INVALID_ROLE_REFERENCE = auto()
    INVALID_USER_REFERENCE = auto()
    MISSING_VERSION = auto()
    POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA = auto()
    TYPE_MISMATCH = auto()
    TYPE_MISMATCH_ARN = auto()
    TYPE_MISMATCH_BOOLEAN = auto()
    TYPE_MISMATCH_DATE = auto()
    TYPE_MISMATCH_IP_RANGE = auto()
    TYPE_MISMATCH_NUMBER = auto()
    TYPE_MISMATCH_STRING = auto()
    WILDCARD_WITHOUT_LIKE_OPERATOR = auto()
    # Suggestions of AWS
    EMPTY_ARRAY_ACTION = auto()
    EMPTY_ARRAY_CONDITION = auto()
    EMPTY_ARRAY_CONDITION_FORALLVALUES = auto()
    EMPTY_ARRAY_CONDITION_FORANYVALUE = auto()
    EMPTY_ARRAY_CONDITION_IFEXISTS = auto()
    EMPTY_ARRAY_PRINCIPAL = auto()
    EMPTY_ARRAY_RESOURCE = auto()
    EMPTY_OBJECT_CONDITION = auto()
    EMPTY_OBJECT_PRINCIPAL = auto()
    EMPTY_SID_VALUE = auto()
    IMPROVE_IP_RANGE = auto()
    NULL_WITH_QUALIFIER = auto()
    REDUNDANT_ACTION = auto()
    REDUNDANT_CONDITION_VALUE_NUM = auto()
    REDUNDANT_RESOURCE = auto()
    REDUNDANT_STATEMENT = auto()
    WILDCARD_IN_SERVICE_NAME = auto()
    # Ostiary's own
    OSTIARY_ABSENT_CONDITION_KEY = auto()
    OSTIARY_ALLOW_EVERYONE = auto()
    OSTIARY_CANONICAL_USER_UNSUPPORTED = auto()
    OSTIARY_DOCUMENT_TOO_LARGE = auto()
    OSTIARY_DUPLICATE_ELEMENT = auto()
    OSTIARY_FORALLVALUES_WITHOUT_NULL_CHECK = auto()
    OSTIARY_INVALID_POLICY = auto()
    OSTIARY_MORE_FINDINGS = auto()
    OSTIARY_MULTIVALUED_KEY_IN_VARIABLE = auto()
    OSTIARY_NESTED_TOO_DEEPLY = auto()
    OSTIARY_RESOURCE_NEVER_MATCHES = auto()
    OSTIARY_TEXT_TOO_LONG = auto()
    OSTIARY_TRUST_WITHOUT_AUDIENCE = auto()
    OSTIARY_TRUST_WITHOUT_SUBJECT = auto()
    OSTIARY_UNKNOWN_CONDITION_KEY = auto()
    OSTIARY_UNKNOWN_VARIABLE = auto()
    OSTIARY_UNSOUND_UNICODE = auto()


_ORDER = list(Code)
_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_REFERENCE = f"{_USER_GUIDE}/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks"
_CLASSES = (
    (Code.VARIABLE_UNSUPPORTED_IN_VERSION, FindingType.ERROR, "error"),
    (Code.RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL, FindingType.SECURITY_WARNING, "security-warning"),
    (Code.WILDCARD_WITHOUT_LIKE_OPERATOR, FindingType.WARNING, "general-warning"),
    (Code.WILDCARD_IN_SERVICE_NAME, FindingType.SUGGESTION, "suggestion"),
)
"""The last code of each class of AWS."""

_OWN: dict[Code, tuple[FindingType, str]] = {
    Code.OSTIARY_ABSENT_CONDITION_KEY: (FindingType.WARNING, "reference_policies_condition-keys.html"),
    Code.OSTIARY_ALLOW_EVERYONE: (FindingType.SECURITY_WARNING, "reference_policies_elements_principal.html"),
    Code.OSTIARY_CANONICAL_USER_UNSUPPORTED: (FindingType.ERROR, "reference_policies_elements_principal.html"),
    Code.OSTIARY_DOCUMENT_TOO_LARGE: (FindingType.ERROR, "reference_iam-quotas.html"),
    Code.OSTIARY_DUPLICATE_ELEMENT: (FindingType.ERROR, "reference_policies_grammar.html"),
    Code.OSTIARY_FORALLVALUES_WITHOUT_NULL_CHECK: (
        FindingType.SUGGESTION,
        "reference_policies_condition-single-vs-multi-valued-context-keys.html",
    ),
    Code.OSTIARY_INVALID_POLICY: (FindingType.ERROR, "reference_policies_grammar.html"),
    Code.OSTIARY_MORE_FINDINGS: (FindingType.SUGGESTION, "access-analyzer-reference-policy-checks.html"),
    Code.OSTIARY_MULTIVALUED_KEY_IN_VARIABLE: (FindingType.WARNING, "reference_policies_variables.html"),
    Code.OSTIARY_NESTED_TOO_DEEPLY: (FindingType.ERROR, "reference_policies_grammar.html"),
    Code.OSTIARY_RESOURCE_NEVER_MATCHES: (FindingType.WARNING, "reference_policies_elements_resource.html"),
    Code.OSTIARY_TEXT_TOO_LONG: (FindingType.ERROR, "reference_iam-quotas.html"),
    Code.OSTIARY_TRUST_WITHOUT_AUDIENCE: (FindingType.SECURITY_WARNING, "id_roles_providers_create_oidc.html"),
    Code.OSTIARY_TRUST_WITHOUT_SUBJECT: (FindingType.SECURITY_WARNING, "id_roles_providers_create_oidc.html"),
    Code.OSTIARY_UNKNOWN_CONDITION_KEY: (FindingType.WARNING, "reference_policies_condition-keys.html"),
    Code.OSTIARY_UNKNOWN_VARIABLE: (FindingType.WARNING, "reference_policies_variables.html"),
    Code.OSTIARY_UNSOUND_UNICODE: (FindingType.ERROR, "reference_policies_grammar.html"),
}

# An unknown key is absent at decision time and does no more harm than that; AWS calls both an error.
_MILDER = {
    Code.INVALID_GLOBAL_CONDITION_KEY: FindingType.WARNING,
    Code.INVALID_SERVICE_CONDITION_KEY: FindingType.WARNING,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, dangerous or needless.

    `refuses`: the language refuses the document because of it. Such a finding is an ERROR, also where AWS, which lets
    the document pass, gives its code a milder type.
    """

    type: FindingType
    code: str
    details: str
    locations: tuple[Location, ...]
    learn_more: str
    refuses: bool = False


def finding(code: Code, details: str, *locations: Location) -> Finding:
    return Finding(type_of(code), code.value, sound(details), locations, learn_more(code))


def refusal(code: Code, details: str, *locations: Location) -> Finding:
    """A finding because of which the language refuses the document."""
    return Finding(FindingType.ERROR, code.value, sound(details), locations, learn_more(code), refuses=True)


def type_of(code: Code) -> FindingType:
    own = _OWN.get(code)
    return own[0] if own else _MILDER.get(code, _class_of(code)[0])


def learn_more(code: Code) -> str:
    own = _OWN.get(code)
    if own:
        return f"{_USER_GUIDE}/{own[1]}"
    return f"{_REFERENCE}-{_class_of(code)[1]}-{code.lower().replace('_', '-')}"


def _class_of(code: Code) -> tuple[FindingType, str]:
    place = _ORDER.index(code)
    return next((type_, name) for last, type_, name in _CLASSES if place <= _ORDER.index(last))
