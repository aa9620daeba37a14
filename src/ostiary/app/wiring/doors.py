"""All doors of one worker, built from its house, and what is cleaned up behind them."""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.app.house import House
from ostiary.app.mail import read_mail_settings
from ostiary.app.passwords import password_choice, password_settings
from ostiary.app.settings import ServeSettings, posture_header
from ostiary.app.wiring.access import authzen_rooms
from ostiary.app.wiring.applications import oidc_rooms
from ostiary.app.wiring.aws import aws_rooms
from ostiary.app.wiring.people import people_of, web_rooms
from ostiary.domain.mail.delivery import forget_settled_mails
from ostiary.domain.recovery.assisted import forget_old_requests
from ostiary.domain.risk.remembering import forget_unseen
from ostiary.domain.secrets.deletion import SecretPurge
from ostiary.domain.signin.forgetting import forget_what_is_over
from ostiary.protocols.authzen.rooms import AuthzenRooms
from ostiary.protocols.aws.gateway.routes import AwsRooms
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.oidc.rooms import OidcRooms
from ostiary.protocols.web.rooms import WebRooms


@dataclass(frozen=True, slots=True)
class Doors:
    authzen: AuthzenRooms
    aws: AwsRooms
    oidc: OidcRooms
    web: WebRooms


def build_doors(house: House, settings: ServeSettings) -> Doors:
    header = posture_header(house.directory, settings)
    trust = ProxyTrust.of(settings.trusted_hops, posture_header=header)
    choice = password_choice(
        house.remembered.keys, password_settings(house.directory), workers=settings.workers, threads=settings.threads
    )
    mail = read_mail_settings(house.directory, development=settings.development)
    people = people_of(
        house,
        issuer=settings.issuer,
        mailing=mail.mailing(development=settings.development),
        choice=choice,
        development=settings.development,
    )
    web = web_rooms(people, trust)
    return Doors(
        authzen=authzen_rooms(house, trust, issuer=settings.issuer),
        aws=aws_rooms(house, trust, development=settings.development),
        oidc=oidc_rooms(house, people, web, trust, issuer=settings.issuer),
        web=web,
    )


def purge(house: House) -> None:
    """Remove what is past its time; what it meant is in the trail."""
    now = house.clock.now()
    house.database.write_committed(lambda tx: forget_what_is_over(tx, now))
    house.database.write_committed(lambda tx: forget_settled_mails(tx, now))
    house.database.write_committed(lambda tx: forget_unseen(tx, now))
    house.database.write_committed(lambda tx: forget_old_requests(tx, now))
    SecretPurge(transactions=house.database, clock=house.clock).run()
