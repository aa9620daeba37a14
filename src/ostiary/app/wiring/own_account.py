"""The services by which a person manages what is hers."""

from __future__ import annotations

from ostiary.app.wiring.shared import SharedServices
from ostiary.domain.account.changes import Changes
from ostiary.domain.account.disowning import Disowning
from ostiary.domain.account.notices import Notices
from ostiary.domain.account.own_applications import OwnApplications
from ostiary.domain.account.own_data import OwnData
from ostiary.domain.account.own_events import OwnEvents
from ostiary.domain.account.own_factors import OwnFactors
from ostiary.domain.account.own_password import OwnPassword
from ostiary.domain.account.own_recovery_codes import OwnRecoveryCodes
from ostiary.domain.account.services import Own
from ostiary.domain.account.ways import OwnWays


def own_account(people: SharedServices) -> Own:
    parts = people.parts
    database, clock = parts.database, parts.clock
    notices = Notices(outbox=people.outbox, not_me=people.not_me_links)
    changes = Changes(transactions=database, recorder=database, notices=notices, clock=clock)
    ways = OwnWays(transactions=database, last_use=parts.last_use)
    applications = OwnApplications(transactions=database, changes=changes, applications=parts.applications, clock=clock)
    events = OwnEvents(transactions=database)
    return Own(
        ways=ways,
        factors=OwnFactors(transactions=database, changes=changes, authenticators=people.authenticators, clock=clock),
        password=OwnPassword(
            transactions=database,
            changes=changes,
            throttle=people.throttle,
            hashing=people.hashing,
            choice=people.choice,
            clock=clock,
        ),
        recovery_codes=OwnRecoveryCodes(transactions=database, changes=changes),
        applications=applications,
        events=events,
        data=OwnData(
            transactions=database, recorder=database, ways=ways, applications=applications, events=events, clock=clock
        ),
        disowning=Disowning(transactions=database, not_me=people.not_me_links, clock=clock),
    )
