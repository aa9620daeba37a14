"""What the pages of upstream providers are given: examples for the tests of every template."""

from __future__ import annotations

from typing import Any

_LABEL = {"label": "Partner Incorporated"}
_ADDRESS = "https://login.example.com/authorize?response_type=code&client_id=ostiary&state=019ce8b2"

UPSTREAM_PAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("upstream_leave.html", "upstream_leave", {"label": "Sign in with Partner Incorporated", "continue_url": _ADDRESS}),
    ("upstream_refused.html", "upstream_refused", _LABEL),
    ("upstream_unavailable.html", "upstream_unavailable", _LABEL | {"signin": "/signin"}),
]
