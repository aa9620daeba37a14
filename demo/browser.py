"""How does the demo use the pages? As a browser without script: it follows links, fills in forms and sends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from demo.failure import TourFailed

_TIMEOUT = 15


@dataclass(slots=True)
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """`texts` holds what stands in elements, by their `#id`, `.class` and tag; the first of each."""

    status: int
    path: str
    forms: list[Form]
    texts: dict[str, str]

    def form(self, *, to: str) -> Form:
        """The form with this action, or else one that begins like this. Raises TourFailed."""
        for form in sorted(self.forms, key=lambda form: form.action != to):
            if form.action.startswith(to):
                return form
        raise TourFailed(f"the page {self.path} ({self.heading}) has no form to {to}")

    def text(self, sign: str) -> str:
        try:
            return self.texts[sign].strip()
        except KeyError:
            raise TourFailed(f"the page {self.path} ({self.heading}) has no {sign}") from None

    @property
    def heading(self) -> str:
        return " ".join(self.texts.get("h1", "").split())


class Browser:
    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        agent = {"User-Agent": "Mozilla/5.0 (X11; Linux) ostiary-demo"}
        self._client = httpx.Client(
            base_url=base_url, follow_redirects=True, timeout=_TIMEOUT, headers=agent, trust_env=False
        )

    def open(self, address: str) -> Page:
        return self._page(self._client.get(address))

    def send(self, form: Form, **values: str) -> Page:
        """With the hidden fields of the form, the CSRF token among them, and what a browser says of itself."""
        own = {"Origin": self._base_url, "Sec-Fetch-Site": "same-origin"}
        return self._page(self._client.post(form.action, data=form.fields | values, headers=own))

    def close(self) -> None:
        self._client.close()

    def _page(self, response: httpx.Response) -> Page:
        reader = _Reader(response.url.path)
        reader.feed(response.text)
        page = Page(response.status_code, response.url.path, reader.forms, reader.texts)
        if response.is_server_error:
            raise TourFailed(f"the page {page.path} answered {page.status}: {page.heading}")
        return page


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.texts: dict[str, str] = {}
        self._path = path
        self._open: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action") or self._path))
        if tag == "input":
            if self.forms and "name" in values:
                self.forms[-1].fields[values["name"]] = values.get("value", "")
            return
        signs = [tag, *(f".{name}" for name in values.get("class", "").split())]
        if "id" in values:
            signs.append(f"#{values['id']}")
        fresh = [sign for sign in signs if sign not in self.texts]
        self.texts.update(dict.fromkeys(fresh, ""))
        self._open.append((tag, fresh))

    def handle_endtag(self, tag: str) -> None:
        self._until(lambda name: name == tag)

    def handle_data(self, data: str) -> None:
        for _, signs in self._open:
            for sign in signs:
                self.texts[sign] += data

    def _until(self, is_wanted: Callable[[str], bool]) -> None:
        """Close elements up to the wanted one; elements without an end, such as `meta`, are closed on the way."""
        if any(is_wanted(name) for name, _ in self._open):
            while not is_wanted(self._open.pop()[0]):
                pass
