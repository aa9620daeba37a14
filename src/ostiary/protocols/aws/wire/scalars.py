"""How do times and bytes look in each AWS protocol?

https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from ostiary.protocols.aws.wire.errors import wrong_type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_RFC822 = "%a, %d %b %Y %H:%M:%S GMT"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,32}(?:\.[0-9]{1,32})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


def parse_iso8601(text: str) -> datetime:
    found = _ISO.fullmatch(text)
    if found is None:
        raise wrong_type("a time such as 2026-01-31T09:30:00Z")
    seconds, fraction, zone = found.groups()
    try:
        return datetime.fromisoformat(seconds + (fraction or "")[:7] + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong_type("a time such as 2026-01-31T09:30:00Z") from None


def parse_rfc822(text: str) -> datetime:
    try:
        return datetime.strptime(text, _RFC822).replace(tzinfo=UTC)
    except ValueError:
        raise wrong_type("a time such as Sat, 31 Jan 2026 09:30:00 GMT") from None


def parse_epoch(seconds: float) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise wrong_type("a time in seconds since 1970") from None


def parse_epoch_text(text: str) -> datetime:
    return parse_epoch(parse_float(text))


def format_iso8601(moment: datetime) -> str:
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_rfc822(moment: datetime) -> str:
    return format_datetime(_utc(moment), usegmt=True)


def format_epoch(moment: datetime) -> float:
    """Whole seconds as an integer, else milliseconds as a fraction: what AWS sends."""
    seconds, micros = divmod((_utc(moment) - _EPOCH) // timedelta(microseconds=1), 1_000_000)
    return seconds + micros // 1000 / 1000 if micros >= 1000 else seconds  # noqa: PLR2004 - microseconds in a millisecond


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be put on the wire: use an aware datetime")
    return moment.astimezone(UTC)


def parse_blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise wrong_type("base64") from None


def format_blob(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def parse_integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise wrong_type("an integer")
    return int(text)


def parse_float(text: str) -> float:
    if _DECIMAL.fullmatch(text) is None:
        raise wrong_type("a number")
    return float(text)


def parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise wrong_type("true or false")
    return text == "true"


PARSE_TIME_TEXT = {
    "iso8601": parse_iso8601,
    "rfc822": parse_rfc822,
    "unixTimestamp": parse_epoch_text,
    "unixtimestamp": parse_epoch_text,
}
FORMAT_TIME_TEXT = {
    "iso8601": format_iso8601,
    "rfc822": format_rfc822,
    "unixTimestamp": lambda moment: str(format_epoch(moment)),
    "unixtimestamp": lambda moment: str(format_epoch(moment)),
}
