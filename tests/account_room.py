"""A person who is signed in and manages what is hers."""

from __future__ import annotations

import os
from datetime import timedelta

from ostiary.domain.account.services import Own
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.tokens.model import AuthorizationCode, RefreshToken, TokenFamily
from ostiary.kit import ids
from ostiary.kit.crypto.totp import STEP_SECONDS
from people_house import House, code_for, from_network, secret_of


class Her:
    def __init__(self, house: House, name: str) -> None:
        self.house = house
        self.enrolled = house.enrol(name)
        assert self.enrolled.opened is not None
        self.token = self.enrolled.opened.token.reveal()

    @property
    def own(self) -> Own:
        return self.house.services.own

    @property
    def person_id(self) -> str:
        return self.now.person.person_id

    @property
    def now(self) -> SignedIn:
        """As her next request would find her."""
        self.house.refresh()
        return self.house.current.signed_in(self.token, from_network())

    def goes_on(self, opened: Opened) -> None:
        self.token = opened.token.reveal()

    def somewhere_else(self) -> str:
        """The token of another browser in which she signs in."""
        return self.enrolled.sign_in(from_network("198.51.100.7")).token.reveal()

    def is_in(self, token: str) -> bool:
        self.house.refresh()
        try:
            self.house.current.signed_in(token, from_network())
        except Exception:  # noqa: BLE001 - whatever keeps her out
            return False
        return True

    def authenticator_id(self) -> str:
        return self.own.ways.view(self.now).authenticators[0].factor_id

    def add_authenticator(self, name: str = "My phone") -> tuple[str, bytes]:
        """The id and the key."""
        factor_id = self.own.factors.start_authenticator(self.now, name)
        secret = secret_of(self.own.factors.provisioning(self.now, factor_id).uri.reveal())
        self.own.factors.confirm_authenticator(self.now, factor_id, code_for(secret, self.house.clock.now()))
        return factor_id, secret

    def add_passkey(self, name: str = "Blue key", *, synced: bool = False) -> Passkey:
        """A row; nobody signs in with it in these tests."""
        key = Passkey(
            factor_id=ids.uuid7(),
            person_id=self.person_id,
            name=name,
            credential_id=os.urandom(16),
            public_key=b"key",
            sign_count=0,
            aaguid="00000000-0000-0000-0000-000000000000",
            transports=("usb",),
            attestation="none",
            discoverable=True,
            backup_eligible=synced,
            backed_up=synced,
            created_at=self.house.clock.now(),
        )
        self.house.database.write(lambda tx: tx.credentials.add_passkey(key))
        return key

    def connect(self, client_id: str = "wiki", *, session_id: str | None = None) -> TokenFamily:
        """An application that holds a refresh token of hers."""
        here, now = self.now, self.house.clock.now()
        family = TokenFamily(
            family_id=ids.uuid7(),
            client_id=client_id,
            person_id=here.person.person_id,
            session_id=session_id or here.session.session_id,
            scopes=("openid", "offline_access"),
            methods=("pwd", "otp", "mfa"),
            authenticated_at=now,
            created_at=now,
            expires_at=now + timedelta(days=30),
            current_hash=os.urandom(32),
        )
        token = RefreshToken(family.current_hash, family.family_id, now)
        self.house.database.write(lambda tx: tx.tokens.add_family(family))
        self.house.database.write(lambda tx: tx.tokens.add_refresh_token(token))
        return family

    def authorization_code(self, client_id: str) -> bytes:
        """The hash of a code that was not used yet."""
        here, now = self.now, self.house.clock.now()
        code = AuthorizationCode(
            code_hash=os.urandom(32),
            client_id=client_id,
            person_id=here.person.person_id,
            session_id=here.session.session_id,
            redirect_uri="https://wiki.example/cb",
            code_challenge="c",
            scopes=("openid",),
            nonce="",
            methods=("pwd", "otp", "mfa"),
            authenticated_at=now,
            created_at=now,
            expires_at=now + timedelta(minutes=1),
            family_id=ids.uuid7(),
        )
        self.house.database.write(lambda tx: tx.tokens.add_code(code))
        return code.code_hash

    def families(self) -> list[str]:
        with self.house.database.read() as tx:
            living = tx.tokens.living_families(self.person_id, self.house.clock.now())
        return [one.family.family_id for one in living]

    def wait_a_step(self) -> None:
        self.house.clock.advance(timedelta(seconds=STEP_SECONDS))
