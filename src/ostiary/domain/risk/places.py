"""Where on earth is an address? Asked of a database that the operator may give; without one nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """`country` is the two letters of ISO 3166; texts are empty and coordinates None when the database has none."""

    country: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    anonymous: bool = False

    def __str__(self) -> str:
        return ", ".join(part for part in (self.city, self.country) if part)


class Places(Protocol):
    def find(self, address: str) -> Place | None:
        """None when it is not known; never raises."""
        ...


class NoPlaces:
    def find(self, address: str) -> Place | None:
        del address
        return None


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the surface, between latitudes and longitudes in degrees, by the haversine formula."""
    phi, other_phi = radians(one[0]), radians(other[0])
    half_chord = sin((other_phi - phi) / 2) ** 2 + cos(phi) * cos(other_phi) * sin(radians(other[1] - one[1]) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half_chord)))
