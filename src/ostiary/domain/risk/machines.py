"""Is a machine's credential used from a network that it never came from before? (BP01-13)

Looked at when last uses are written, every few seconds: the requests themselves do no more than note an address. What
this process has seen is remembered, so that a flush of nothing new costs no statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from ostiary.domain.audit.caller import Caller, Door, Origin, server
from ostiary.domain.audit.event import Event, event_of
from ostiary.domain.audit.last_use import LastUse, Used
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.risk.model import MachineNetwork
from ostiary.domain.risk.networks import neighbourhood_of
from ostiary.domain.risk.ports import RiskSlice
from ostiary.kit.transactions import Transactions

MACHINES = frozenset({Used.ACCESS_KEY, Used.WORKLOAD, Used.CLIENT_SECRET, Used.CLIENT_KEY})
MOST_NETWORKS = 100  # a machine that comes from everywhere: one more network says nothing
_REMEMBERED = 50_000


class MachineSlice(RiskSlice, AuditSlice, Protocol): ...


class MachineNetworks:
    """One per process; `look` is called by one job."""

    def __init__(self, *, transactions: Transactions[MachineSlice]) -> None:
        self._transactions = transactions
        self._known: set[tuple[str, str, str]] = set()
        self._waiting: dict[tuple[str, str, str], LastUse] = {}

    def look(self, uses: Iterable[LastUse]) -> None:
        """Remember where these were used; an event for each network that is new to one that was used before.

        What could not be written is looked at again the next time.
        """
        seen = {
            (use.kind.value, use.subject, neighbourhood_of(use.source_ip)): use
            for use in uses
            if use.kind in MACHINES and use.source_ip
        }
        strange = self._waiting | {key: use for key, use in seen.items() if key not in self._known}
        if not strange:
            return
        self._waiting = strange if len(strange) <= _REMEMBERED else {}
        self._transactions.write(lambda tx: _note(tx, strange))
        self._waiting = {}
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known.update(strange)


def _note(tx: MachineSlice, strange: Mapping[tuple[str, str, str], LastUse]) -> None:
    known = {machine: tx.risk.count_machine_networks(*machine) for machine in {key[:2] for key in strange}}
    rows = [
        MachineNetwork(*key, first_seen_at=use.at) for key, use in strange.items() if known[key[:2]] < MOST_NETWORKS
    ]
    for added in sorted(tx.risk.add_machine_networks(rows), key=lambda added: added.first_seen_at):
        machine = (added.kind, added.subject)
        # Where something is used first is not news.
        if known[machine]:
            tx.audit.append(_event(added, strange[added.kind, added.subject, added.network]))
        known[machine] += 1


def _event(added: MachineNetwork, use: LastUse) -> Event:
    details = {"kind": added.kind, "network": added.network, "operation": use.operation}
    caller = _server_at(use)
    return event_of(caller, EventName.SEE_NEW_NETWORK, at=use.at, resources=[added.subject], details=details)


def _server_at(use: LastUse) -> Caller:
    return replace(server(), origin=Origin(Door.INTERNAL, source_ip=use.source_ip))
