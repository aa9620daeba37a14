"""What of signing in is over and may be forgotten? Called by a job every few minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from ostiary.domain.signin.slices import SigninSlice

GUESSES_KEPT = timedelta(days=90)  # also how long a network counts as known for a person


def forget_what_is_over(tx: SigninSlice, now: datetime) -> int:
    """Expired sessions and tokens, and guesses that nobody added to for long; how many rows."""
    return (
        tx.sessions.delete_expired_sessions(now)
        + tx.tokens.delete_expired_tokens(now)
        + tx.credentials.delete_guess_counts(last_before=now - GUESSES_KEPT)
    )
