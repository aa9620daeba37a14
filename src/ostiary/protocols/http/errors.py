"""What does a request get that no handler finished? Its protocol's own form of error, and never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import falcon
from falcon import Request, Response

from ostiary.kit.texts import Text
from ostiary.protocols.http.client import request_id
from ostiary.protocols.http.refusals import RequestRefused

_log = logging.getLogger(__name__)
_FAILED = Text("something went wrong here, and it is not your fault")


@dataclass(frozen=True, slots=True)
class Failure:
    """What the outside may know: `status` is the HTTP status, `text` one sentence."""

    status: int
    text: str

    @property
    def phrase(self) -> str:
        return HTTPStatus(self.status).phrase


class FailureWriter(Protocol):
    """Writes a failure in the form of one protocol."""

    def __call__(self, request: Request, response: Response, failure: Failure) -> None: ...


def write_plain(request: Request, response: Response, failure: Failure) -> None:
    response.status = failure.status
    response.content_type = "text/plain; charset=utf-8"
    response.text = f"{failure.status} {failure.phrase}: {failure.text}\nrequest {request_id(request)}\n"


def add_error_handlers(app: falcon.App[Request, Response], writers: Mapping[str, FailureWriter]) -> None:
    """`writers` by path prefix (`/aws`, `/oauth2`, `/`): the longest that fits writes; plain text when none does."""
    handlers = _Handlers(dict(sorted(writers.items(), key=lambda item: -len(item[0]))))
    app.add_error_handler(Exception, handlers.unexpected)
    app.add_error_handler(falcon.HTTPError, handlers.http_error)
    app.add_error_handler(RequestRefused, handlers.refused)


class _Handlers:
    def __init__(self, writers: Mapping[str, FailureWriter]) -> None:
        self._writers = writers

    def refused(self, request: Request, response: Response, error: RequestRefused, _params: dict[str, Any]) -> None:
        self._write(request, response, Failure(error.status, error.client_text))

    def http_error(
        self, request: Request, response: Response, error: falcon.HTTPError, _params: dict[str, Any]
    ) -> None:
        """Falcon's own: no such page, wrong method."""
        if error.headers is not None:
            response.set_headers(error.headers)
        status = error.status_code
        texts = {404: Text("there is nothing at this address"), 405: Text("this address does not take that method")}
        self._write(request, response, Failure(status, texts.get(status, Text("the request cannot be understood"))))

    def unexpected(self, request: Request, response: Response, error: Exception, _params: dict[str, Any]) -> None:
        _log.error("request %s to %s failed", request_id(request), request.method, exc_info=error)
        self._write(request, response, Failure(500, _FAILED))

    def _write(self, request: Request, response: Response, failure: Failure) -> None:
        for prefix, write in self._writers.items():
            if request.path == prefix or request.path.startswith(prefix.rstrip("/") + "/"):
                write(request, response, failure)
                return
        write_plain(request, response, failure)
