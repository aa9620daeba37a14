"""What of signing in is over and may be forgotten? Called by a job every few minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from ostiary.domain.signin.slices import SigninSlice

EPOCHS_KEPT = timedelta(days=60)  # twice as long as anything lives that an epoch can end
GUESSES_KEPT = timedelta(days=90)  # also how long a network counts as known for a person


def forget_what_is_over(tx: SigninSlice, now: datetime) -> int:
    """Expired sessions and tokens, epochs and guesses that mean nothing any more; how many rows."""
    return (
        tx.sessions.delete_expired_sessions(now)
        + tx.tokens.delete_expired_tokens(now)
        + tx.sessions.delete_epochs(not_before_until=now - EPOCHS_KEPT)
        + tx.credentials.delete_expired_proofs(now)
        + tx.credentials.delete_guess_counts(last_before=now - GUESSES_KEPT)
    )
