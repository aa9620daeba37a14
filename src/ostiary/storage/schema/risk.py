"""Where is kept from which browsers, networks and places people and machines come?"""

from __future__ import annotations

from sqlalchemy import Column, Float, Table

from ostiary.storage.schema.definition import metadata, moment, of_person, text, text_key

known_device = Table(
    "known_device",
    metadata,
    of_person(key=True),
    text_key("device"),
    moment("first_seen_at"),
    moment("last_seen_at"),
    moment("trusted_at", nullable=True),  # when all factors were proved on it the last time
    text("network"),
    text("user_agent"),
)
known_network = Table(
    "known_network",
    metadata,
    of_person(key=True),
    text_key("network"),
    moment("first_seen_at"),
    moment("last_seen_at"),
)
sign_in_place = Table(
    "sign_in_place",
    metadata,
    of_person(key=True),
    moment("at"),
    text("source_ip"),
    text("country"),
    text("city"),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
)
machine_network = Table(
    "machine_network",
    metadata,
    text_key("kind"),
    text_key("subject"),
    text_key("network"),
    moment("first_seen_at"),
)
