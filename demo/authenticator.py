"""What would an authenticator app show? RFC 6238 with SHA-1, six digits and 30 seconds, as the pages announce it.

`python -m demo.authenticator SECRET` shows the code of this moment, for visitors without an app at hand.
"""

from __future__ import annotations

import base64
import hmac
import sys
import time
from dataclasses import dataclass, field

from demo import clock

STEP_SECONDS = 30
_DIGITS = 6
_POLL_SECONDS = 0.2


@dataclass(slots=True)
class Authenticator:
    """Remembers the last step that it showed: a server takes each code once."""

    secret: str = field(repr=False)
    _last_step: int = 0

    def next_code(self) -> str:
        """A code that was not used yet and is at most one step off, as a server allows for slow hands and clocks.

        The first is the one of 30 seconds ago, so that a person may use three in a row; for a fourth this waits.
        """
        self._last_step = max(clock.now() // STEP_SECONDS - 1, self._last_step + 1)
        while self._last_step > clock.now() // STEP_SECONDS + 1:
            time.sleep(_POLL_SECONDS)
        return code_at(self.secret, self._last_step)


def code_at(secret: str, step: int) -> str:
    """RFC 4226 section 5.3."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


if __name__ == "__main__":
    sys.stdout.write(code_at(sys.argv[1], clock.now() // STEP_SECONDS) + "\n")
