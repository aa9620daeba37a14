"""What is a good random password?

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from ostiary.domain.secrets.errors import InvalidSecretParameter
from ostiary.kit import ids
from ostiary.kit.redaction import Secret

MAX_LENGTH = 4096
DEFAULT_LENGTH = 32


@dataclass(frozen=True, slots=True)
class PasswordWish:
    length: int = DEFAULT_LENGTH
    exclude: str = ""
    lowercase: bool = True
    uppercase: bool = True
    numbers: bool = True
    punctuation: bool = True
    space: bool = False
    each_type: bool = True


def random_password(wish: PasswordWish) -> Secret:
    """Raises InvalidSecretParameter for a wish that nothing fulfils."""
    types = _types(wish)
    alphabet = "".join(types)
    if not alphabet:
        raise InvalidSecretParameter("The password has no characters left to choose from: exclude less.")
    if not 0 < wish.length <= MAX_LENGTH or (wish.each_type and wish.length < len(types)):
        raise InvalidSecretParameter(
            f"A password has at most {MAX_LENGTH} characters, and at least one of each required type."
        )
    while True:
        # Drawn again as a whole, because putting a missing type in would make some passwords likelier than others.
        password = ids.random_text(alphabet, wish.length)
        if not wish.each_type or all(any(c in password for c in one_type) for one_type in types):
            return Secret(password)


def _types(wish: PasswordWish) -> list[str]:
    wanted = (
        (wish.lowercase, string.ascii_lowercase),
        (wish.uppercase, string.ascii_uppercase),
        (wish.numbers, string.digits),
        (wish.punctuation, string.punctuation),
        (wish.space, " "),
    )
    types = ["".join(c for c in characters if c not in wish.exclude) for on, characters in wanted if on]
    if wish.each_type and not all(types):
        raise InvalidSecretParameter("All characters of a required type are excluded: exclude less.")
    return [one_type for one_type in types if one_type]
