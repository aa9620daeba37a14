"""Which endpoints does this door have? One row each; what an endpoint needs stands in `permissions.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import falcon
from falcon import Request, Response

from ostiary.protocols.authzen import rooms as paths
from ostiary.protocols.authzen.errors import write_failure
from ostiary.protocols.authzen.evaluation import EvaluationEndpoint, EvaluationsEndpoint
from ostiary.protocols.authzen.exchange import AccessEndpoint
from ostiary.protocols.authzen.metadata import MetadataEndpoint
from ostiary.protocols.authzen.rooms import AuthzenRooms
from ostiary.protocols.authzen.search import ActionSearch, ResourceSearch, SubjectSearch

__all__ = ["ENDPOINTS", "AuthzenRooms", "add_routes", "write_failure"]

ENDPOINTS: Mapping[str, type[AccessEndpoint]] = MappingProxyType(
    {
        paths.EVALUATION: EvaluationEndpoint,
        paths.EVALUATIONS: EvaluationsEndpoint,
        paths.SEARCH_SUBJECT: SubjectSearch,
        paths.SEARCH_RESOURCE: ResourceSearch,
        paths.SEARCH_ACTION: ActionSearch,
    }
)


def add_routes(app: falcon.App[Request, Response], rooms: AuthzenRooms) -> None:
    """Add every endpoint; the app brings the middleware of `protocols.http.headers` and the error handlers."""
    for path, endpoint in ENDPOINTS.items():
        app.add_route(path, endpoint(rooms))
    app.add_route(paths.CONFIGURATION, MetadataEndpoint(rooms))
