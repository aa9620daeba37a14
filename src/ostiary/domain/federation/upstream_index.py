"""Which upstream providers are there? In memory, since every sign-in page asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.domain.federation.ports import FederationSlice
from ostiary.domain.federation.upstream import UpstreamProvider


@dataclass(frozen=True, slots=True, eq=False)
class UpstreamIndex:
    """Those that are enabled, by name."""

    providers: Mapping[str, UpstreamProvider] = field(default_factory=lambda: MappingProxyType({}))


def load_upstream_index(tx: FederationSlice) -> UpstreamIndex:
    return UpstreamIndex({one.name: one for one in tx.federation.upstream_providers() if one.enabled})
