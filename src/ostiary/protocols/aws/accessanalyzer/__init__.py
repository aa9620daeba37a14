"""IAM Access Analyzer: is a policy well written, and what would it newly allow?

Nothing is stored and no stored policy is read: the documents come with the request, the answers from `ostiary.policy`.
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/Welcome.html
"""

from ostiary.protocols.aws.accessanalyzer.operations import SERVICE, AccessAnalyzerRooms

__all__ = ["SERVICE", "AccessAnalyzerRooms"]
