"""Which browser on which system was that? What a client says of itself, which is no proof of anything."""

from __future__ import annotations

from ostiary.kit.texts import Text

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("ostiary-cli/", "Ostiary command line"),
    ("aws-cli/", "AWS command line"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> Text:
    """`Firefox on Linux`: for people, in their language."""
    browser, system = _named(user_agent)
    if browser and system:
        return Text("{browser} on {system}", browser=browser, system=system)
    if system:
        return Text("A browser on {system}", system=system)
    return Text("{browser}", browser=browser) if browser else Text("A browser")


def name_for_device(user_agent: str) -> str:
    """`Firefox, Linux`: a name that is kept, so it has no words of any language; empty when nothing is known."""
    return ", ".join(word for word in _named(user_agent) if word)


def _named(user_agent: str) -> tuple[str, str]:
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return browser, system
