"""Which requests are refused before any protocol looks at them?

A refusal carries an HTTP status (RFC 9110 section 15) and one sentence; each protocol writes it in its own form.
"""

from __future__ import annotations


class RequestRefused(Exception):
    """`client_text` may be shown to whoever asked; `status` is the HTTP status code."""

    status = 400

    def __init__(self, client_text: str) -> None:
        super().__init__(client_text)
        self.client_text = client_text


class MalformedRequest(RequestRefused):
    """RFC 9110 section 15.5.1."""


class CrossSiteRequest(RequestRefused):
    """A form that another site made the browser send, or whose page is too old."""

    status = 403


class BodyTooLarge(RequestRefused):
    status = 413


class WrongMediaType(RequestRefused):
    status = 415


class Misdirected(RequestRefused):
    """RFC 9110 section 15.5.20: this server does not answer for that host."""

    status = 421
