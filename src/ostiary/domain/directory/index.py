"""Which workload is it that an outside issuer calls by this subject?

Workloads are few and asked for at every exchange of a token, so they are kept in memory and built anew on change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.domain.directory.model import Workload
from ostiary.domain.directory.ports import DirectorySlice


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadIndex:
    _by_name: Mapping[str, Workload] = field(default_factory=lambda: MappingProxyType({}))
    _by_identity: Mapping[tuple[str, str], Workload] = field(default_factory=lambda: MappingProxyType({}))

    def named(self, name: str) -> Workload | None:
        return self._by_name.get(name)

    def bound_to(self, *, issuer: str, subject: str) -> Workload | None:
        """The one workload with this outside identity, whatever its state; both are compared exactly."""
        return self._by_identity.get((issuer, subject))


def load_workload_index(tx: DirectorySlice) -> WorkloadIndex:
    workloads = tx.directory.workloads()
    return WorkloadIndex({workload.name: workload for workload in workloads}, _by_identity(workloads))


def _by_identity(workloads: Iterable[Workload]) -> dict[tuple[str, str], Workload]:
    found: dict[tuple[str, str], list[Workload]] = {}
    for workload in workloads:
        if workload.issuer and workload.subject:
            found.setdefault((workload.issuer, workload.subject), []).append(workload)
    # INVARIANT: one outside identity is one workload (BP01-8); storage keeps it, and where it is broken nobody gets in.
    return {identity: same[0] for identity, same in found.items() if len(same) == 1}
