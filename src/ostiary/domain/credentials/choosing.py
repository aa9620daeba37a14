"""May this become somebody's password, and how is it then kept? One walk for enrolment, change and reset.

SP 800-63B-4 section 3.1.1.2: the rules of the profile, the blocklist, words around the person, what has leaked
(BP01-12), and earlier passwords where the profile asks. A correct password may have leaked since: sign-in asks
`has_leaked`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ostiary.domain.credentials.common_passwords import CommonPasswords
from ostiary.domain.credentials.errors import PasswordUnacceptable, PasswordUncheckable
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import Password
from ostiary.domain.credentials.password_policy import PasswordRules, context_words, normalised, problems_of
from ostiary.domain.directory.model import Person
from ostiary.kit.texts import Text


class LeakedPasswords(Protocol):
    def contains(self, password: str) -> bool:
        """Raises PasswordUncheckable when it cannot be looked up."""
        ...


class PasswordChoice:
    """One per worker process. Without `leaked` nothing is known to have leaked."""

    def __init__(
        self,
        *,
        hashing: PasswordHashing,
        common: CommonPasswords | None = None,
        leaked: LeakedPasswords | None = None,
    ) -> None:
        self.hashing = hashing
        self._common = common if common is not None else CommonPasswords()
        self._leaked = leaked

    def choose(
        self,
        new: str,
        *,
        person: Person,
        organization: str,
        rules: PasswordRules,
        earlier: Password | None,
        now: datetime,
    ) -> Password:
        """The row to put, with the history that the rules ask for.

        Raises PasswordUnacceptable, PasswordUncheckable, TooBusy. It takes as long as a hash, more with a history: call
        it outside of a transaction.
        """
        words = context_words(person.user_name, person.email, person.display_name, organization)
        problems = problems_of(normalised(new), rules, words, self._common) or self._known(new, rules, earlier)
        if problems:
            raise PasswordUnacceptable(problems)
        return Password(person.person_id, self.hashing.hash(new), now, _history(earlier, rules))

    def has_leaked(self, password: str) -> bool:
        """Whether a password that was just proved must be replaced; no when that cannot be found out now."""
        try:
            return self._is_leaked(password)
        except PasswordUncheckable:
            return False

    def _known(self, new: str, rules: PasswordRules, earlier: Password | None) -> list[Text]:
        """What is dear to find out, and therefore asked last."""
        if self._is_leaked(new):
            return [Text("It was found among passwords stolen elsewhere: attackers try these first")]
        used = (earlier.encoded, *earlier.history)[: rules.history] if earlier is not None else ()
        if self.hashing.matches_any(new, used):
            return [Text("It is one of your last {count} passwords", count=rules.history)]
        return []

    def _is_leaked(self, password: str) -> bool:
        if self._leaked is None:
            return False
        # Other services hashed what was typed, in whatever form.
        return any(self._leaked.contains(form) for form in {password, normalised(password)})


def _history(earlier: Password | None, rules: PasswordRules) -> tuple[str, ...]:
    return (earlier.encoded, *earlier.history)[: rules.history] if earlier is not None else ()
