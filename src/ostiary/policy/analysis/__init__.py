"""Two policies, or a policy and a list of access: what is certain about all requests at once.

`comparison` has the two checks. Below it: `regions` (actions and resources), `callers` (principals), `complement` (what
a Deny leaves alone), `implication` (conditions), all on `languages` and `automaton` (patterns), none without a bound
(`effort`).
"""

from ostiary.policy.analysis.comparison import (
    Access,
    Comparison,
    Reason,
    check_access_not_granted,
    check_no_new_access,
)

__all__ = ["Access", "Comparison", "Reason", "check_access_not_granted", "check_no_new_access"]
