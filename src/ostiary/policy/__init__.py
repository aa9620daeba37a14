"""The AWS IAM JSON policy language: a pure library, (request, policies) -> decision with its reason.

`parse_policy` compiles a document once; `decide`, `decide_trust` and `decide_assume` answer questions with compiled
policies and never read a clock, a network or a file.
"""

from ostiary.policy.evaluation.decision import decide, decide_assume, decide_trust
from ostiary.policy.evaluation.policy_set import PolicySet
from ostiary.policy.language.parsing import parse_policy
from ostiary.policy.language.statement import Policy
from ostiary.policy.model import (
    Context,
    ContextValue,
    Decision,
    Effect,
    Layer,
    MatchedStatement,
    PolicyError,
    PolicyKind,
    Principal,
    PrincipalKind,
    Request,
)
from ostiary.policy.validation.trust_findings import federated_condition_findings, wildcard_subjects

__all__ = [
    "Context",
    "ContextValue",
    "Decision",
    "Effect",
    "Layer",
    "MatchedStatement",
    "Policy",
    "PolicyError",
    "PolicyKind",
    "PolicySet",
    "Principal",
    "PrincipalKind",
    "Request",
    "decide",
    "decide_assume",
    "decide_trust",
    "federated_condition_findings",
    "parse_policy",
    "wildcard_subjects",
]
