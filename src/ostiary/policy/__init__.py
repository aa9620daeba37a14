"""The AWS IAM JSON policy language: a pure library, (request, policies) -> decision with its reason.

`parse_policy` compiles a document once; `decide`, `decide_trust` and `decide_assume` answer questions with compiled
policies and never read a clock, a network or a file.
"""

from ostiary.policy.evaluation.decision import decide, decide_assume, decide_many, decide_trust
from ostiary.policy.evaluation.policy_set import PolicyGroup, PolicySet
from ostiary.policy.evaluation.trace import Trace, TraceEntry
from ostiary.policy.language.parsing import parse_policy
from ostiary.policy.language.printing import print_policy
from ostiary.policy.language.scope import Miss
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
    "Miss",
    "Policy",
    "PolicyError",
    "PolicyGroup",
    "PolicyKind",
    "PolicySet",
    "Principal",
    "PrincipalKind",
    "Request",
    "Trace",
    "TraceEntry",
    "decide",
    "decide_assume",
    "decide_many",
    "decide_trust",
    "federated_condition_findings",
    "parse_policy",
    "print_policy",
    "wildcard_subjects",
]
