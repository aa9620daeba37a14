"""How are passwords, factors, enrolment links, guesses, IAM users and their access keys kept?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from ostiary.domain.credentials.model import AccessKey, EnrolmentLink, GuessCount, IamUser, Password, TotpFactor
from ostiary.storage.credential_proofs import ProofTable
from ostiary.storage.facts import many, one, put, put_all, values_of
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import access_key, enrolment_link, guess_count, iam_user, password, totp_factor

_PASSWORD = select(password).where(password.c.person_id == bindparam("person_id"))
_ALL_FACTORS = select(totp_factor).order_by(totp_factor.c.created_at, totp_factor.c.factor_id)
_FACTORS = _ALL_FACTORS.where(totp_factor.c.person_id == bindparam("person_id"))
_LINK = select(enrolment_link).where(enrolment_link.c.token_hash == bindparam("token_hash"))
_GUESSES = select(guess_count).where(guess_count.c.subject == bindparam("subject"))
# As many as a guess has, whatever it lacks repeated: the text of the statement is made once.
_SEVERAL = [f"subject_{number}" for number in range(8)]
_SEVERAL_GUESSES = select(guess_count).where(guess_count.c.subject.in_([bindparam(name) for name in _SEVERAL]))
_DELETE_GUESSES = delete(guess_count).where(guess_count.c.subject.in_(bindparam("subjects", expanding=True)))
_ACCESS_KEYS = select(access_key).order_by(access_key.c.access_key_id)
_ACCESS_KEY = select(access_key).where(access_key.c.access_key_id == bindparam("access_key_id"))


class CredentialTable(ProofTable):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._guesses: dict[str, GuessCount | None] = {}  # what this transaction read and wrote
        self._unwritten: dict[str, GuessCount | None] = {}  # what of it `finish` has to write

    def password(self, person_id: str) -> Password | None:
        return one(self._connection, _PASSWORD, Password, person_id=person_id)

    def put_password(self, password_: Password) -> None:
        put(self._connection, password, password_)

    def delete_password(self, person_id: str) -> None:
        self._connection.execute(delete(password).where(password.c.person_id == person_id))

    def passwords(self) -> Sequence[Password]:
        return many(self._connection, select(password).order_by(password.c.person_id), Password)

    def totp_factors(self, person_id: str) -> Sequence[TotpFactor]:
        return many(self._connection, _FACTORS, TotpFactor, person_id=person_id)

    def all_totp_factors(self) -> Sequence[TotpFactor]:
        return many(self._connection, _ALL_FACTORS, TotpFactor)

    def put_totp_factor(self, factor: TotpFactor) -> None:
        put(self._connection, totp_factor, factor)

    def delete_totp_factor(self, factor_id: str) -> None:
        self._connection.execute(delete(totp_factor).where(totp_factor.c.factor_id == factor_id))

    def advance_totp_step(self, factor_id: str, step: int) -> bool:
        earlier = or_(totp_factor.c.last_step.is_(None), totp_factor.c.last_step < step)
        advanced = self._connection.execute(
            update(totp_factor).where(totp_factor.c.factor_id == factor_id, earlier).values(last_step=step)
        )
        return advanced.rowcount == 1

    def enrolment_link(self, token_hash: bytes) -> EnrolmentLink | None:
        return one(self._connection, _LINK, EnrolmentLink, token_hash=token_hash)

    def add_enrolment_link(self, link: EnrolmentLink) -> None:
        self._connection.execute(enrolment_link.insert(), values_of(link))

    def use_enrolment_link(self, token_hash: bytes, now: datetime) -> bool:
        used = self._connection.execute(
            update(enrolment_link)
            .where(enrolment_link.c.token_hash == token_hash, enrolment_link.c.used_at.is_(None))
            .where(enrolment_link.c.expires_at > now)
            .values(used_at=now)
        )
        return used.rowcount == 1

    def delete_enrolment_links(self, person_id: str) -> None:
        self._connection.execute(delete(enrolment_link).where(enrolment_link.c.person_id == person_id))

    def load_guess_counts(self, subjects: Collection[str]) -> None:
        missing = [subject for subject in subjects if subject not in self._guesses]
        for start in range(0, len(missing), len(_SEVERAL)):
            asked = missing[start : start + len(_SEVERAL)]
            named = dict(zip_longest(_SEVERAL, asked, fillvalue=asked[0]))
            self._guesses.update(dict.fromkeys(asked))
            found = many(self._connection, _SEVERAL_GUESSES, GuessCount, **named)
            self._guesses.update({count.subject: count for count in found})

    def guess_count(self, subject: str) -> GuessCount | None:
        if subject in self._guesses:
            return self._guesses[subject]
        return one(self._connection, _GUESSES, GuessCount, subject=subject)

    def put_guess_count(self, count: GuessCount) -> None:
        self._guesses[count.subject] = self._unwritten[count.subject] = count

    def clear_guess_counts(self, subjects: Collection[str]) -> None:
        there = [subject for subject in subjects if subject not in self._guesses or self._guesses[subject] is not None]
        self._unwritten.update(dict.fromkeys(there))
        self._guesses.update(dict.fromkeys(subjects))

    def clear_guess_count(self, subject: str) -> None:
        self.clear_guess_counts([subject])

    def delete_guess_counts(self, *, last_before: datetime) -> int:
        self.finish()
        blocked_later = guess_count.c.blocked_until >= last_before
        old = delete(guess_count).where(guess_count.c.last_at < last_before)
        self._guesses.clear()
        return self._connection.execute(old.where(or_(guess_count.c.blocked_until.is_(None), ~blocked_later))).rowcount

    def finish(self) -> None:
        """Write the counts at once: a sign-in changes twenty."""
        if not self._unwritten:
            return
        # ORDER: every writer takes the rows in the same order, so that two nodes cannot wait for each other.
        changed = sorted(self._unwritten.items())
        cleared = [subject for subject, count in changed if count is None]
        if cleared:
            self._connection.execute(_DELETE_GUESSES, {"subjects": cleared})
        put_all(self._connection, guess_count, [count for _, count in changed if count is not None])
        self._unwritten.clear()

    def iam_users(self) -> Sequence[IamUser]:
        return many(self._connection, select(iam_user).order_by(*iam_user.primary_key), IamUser)

    def put_iam_user(self, user: IamUser) -> None:
        put(self._connection, iam_user, user)
        raise_generation(self._connection, Topic.ACCESS_KEYS)

    def delete_iam_user(self, account: str, name: str) -> None:
        """With all access keys: a key must not outlive its user and wait for the next one of the same name."""
        keys = delete(access_key).where(access_key.c.account == account, access_key.c.user_name == name)
        self._connection.execute(keys)
        self._connection.execute(delete(iam_user).where(iam_user.c.account == account, iam_user.c.name == name))
        raise_generation(self._connection, Topic.ACCESS_KEYS)

    def access_keys(self) -> Sequence[AccessKey]:
        return many(self._connection, _ACCESS_KEYS, AccessKey)

    def access_key(self, access_key_id: str) -> AccessKey | None:
        return one(self._connection, _ACCESS_KEY, AccessKey, access_key_id=access_key_id)

    def put_access_key(self, key: AccessKey) -> None:
        put(self._connection, access_key, key)
        raise_generation(self._connection, Topic.ACCESS_KEYS)
