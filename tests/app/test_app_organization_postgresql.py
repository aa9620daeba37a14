from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from organization_house import EXAMPLE, START
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.app.initialization import FirstAdministrator, initialize
from ostiary.app.organization.execution import apply
from ostiary.app.organization.reading import read_file
from ostiary.app.restoration import Restoration
from ostiary.app.trail import verify_here
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import FixedClock
from ostiary.storage.backup import back_up


def silent(_what: str, _done: int, _total: int) -> None: ...


def test_an_organization_is_applied_backed_up_and_restored_on_postgresql(
    fresh_postgresql_database: Callable[[], str], tmp_path: Path
) -> None:
    url, directory, clock = fresh_postgresql_database(), DataDirectory(tmp_path / "data"), FixedClock(START)
    first = FirstAdministrator("administrator", "Administrator", "")
    issuer = "http://127.0.0.1:8480"
    initialize(directory, name="Test", administrator=first, database_url=url, issuer=issuer, clock=clock, step=silent)
    with open_house(directory, url=url, clock=clock) as house:
        document, caller = read_file(EXAMPLE), operator(house.organization.account)
        assert apply(house.database, document, caller=caller, clock=clock).plan.changes
        assert apply(house.database, document, caller=caller, clock=clock).plan.changes == ()
        house.sealer.seal()
        back_up(house.database, tmp_path / "b", silent)
    restored = Restoration(directory, url=url, clock=clock, step=silent).restore(tmp_path / "b")
    assert (restored.carried, restored.lost) == (True, 0)
    with open_house(directory, url=url, clock=clock) as house:
        assert verify_here(house, lambda _d, _t: None).unsealed == 0
        assert apply(house.database, document, caller=caller, clock=clock).plan.changes == ()
