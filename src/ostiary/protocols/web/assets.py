"""How do style sheet and mark reach the browser? Their address changes with their content, so it may keep them."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type

import falcon
from falcon import Request, Response

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


class StaticFiles:
    """Only files that came with the package: the name is looked up, never joined to a path."""

    def __init__(self) -> None:
        folder = files("ostiary.protocols.web").joinpath("static")
        self._contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}

    def on_get(self, request: Request, response: Response, name: str) -> None:
        content = self._contents.get(name)
        if content is None:
            raise falcon.HTTPNotFound
        version = sha256(content).hexdigest()[:12]
        response.data = content
        response.content_type = guess_type(name)[0] or "application/octet-stream"
        response.etag = version
        response.set_header("Cache-Control", _FOR_EVER if request.query_string == f"v={version}" else _ASK_AGAIN)

    on_head = on_get
