"""Which services does this door need, and where are its endpoints?"""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.access.standing import Standings
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.tokens.access_api import AccessApiTokens
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions
from ostiary.protocols.authzen.decisions import QuestionSlice
from ostiary.protocols.http.client import ProxyTrust

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
SEARCH_SUBJECT = "/access/v1/search/subject"
SEARCH_RESOURCE = "/access/v1/search/resource"
SEARCH_ACTION = "/access/v1/search/action"
CONFIGURATION = "/.well-known/authzen-configuration"


@dataclass(frozen=True, slots=True)
class AuthzenRooms:
    """`issuer` is scheme and host, and the identifier of this policy decision point."""

    issuer: str
    trust: ProxyTrust
    clock: Clock
    keys: Current[ServerKeys]
    index: Current[AccessIndex]
    tokens: AccessApiTokens
    standings: Standings
    authorizer: Authorizer
    transactions: Transactions[QuestionSlice]
    recorder: EventRecorder
