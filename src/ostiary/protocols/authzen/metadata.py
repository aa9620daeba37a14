"""What do we tell everybody about this policy decision point? Authorization API 1.0 section 9."""

from __future__ import annotations

import msgspec
from falcon import Request, Response

from ostiary.protocols.authzen import rooms as paths
from ostiary.protocols.authzen.errors import echo_request_id
from ostiary.protocols.authzen.rooms import AuthzenRooms

_CACHE = "public, max-age=900"


class MetadataEndpoint:
    def __init__(self, rooms: AuthzenRooms) -> None:
        self._document = msgspec.json.encode(metadata(rooms.issuer))

    def on_get(self, request: Request, response: Response) -> None:
        echo_request_id(request, response)
        response.content_type = "application/json"
        response.set_header("Access-Control-Allow-Origin", "*")
        response.set_header("Cache-Control", _CACHE)
        response.data = self._document


def metadata(issuer: str) -> dict[str, str]:
    """The identifier is the issuer, so that a token's `iss` and this document name one server."""
    return {
        "policy_decision_point": issuer,
        "access_evaluation_endpoint": issuer + paths.EVALUATION,
        "access_evaluations_endpoint": issuer + paths.EVALUATIONS,
        "search_subject_endpoint": issuer + paths.SEARCH_SUBJECT,
        "search_resource_endpoint": issuer + paths.SEARCH_RESOURCE,
        "search_action_endpoint": issuer + paths.SEARCH_ACTION,
    }
