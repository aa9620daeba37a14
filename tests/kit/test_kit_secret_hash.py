"""Is a server-made secret kept as a hash that only the secret itself matches?"""

from __future__ import annotations

from hashlib import sha256

from ostiary.kit.crypto.secret_hash import hash_secret, matches


def test_only_the_secret_itself_matches() -> None:
    hashed = hash_secret("s3cret")
    assert matches("s3cret", hashed)
    for wrong in ("", "s3cre", "s3cret ", "S3cret", "\ud800"):
        assert not matches(wrong, hashed)
    for damaged in (b"", hashed[:-1], hashed + b"\0"):
        assert not matches("s3cret", damaged)


def test_the_hash_is_no_bare_digest_that_another_system_would_also_keep() -> None:
    assert hash_secret("s3cret") != sha256(b"s3cret").digest()
    assert len(hash_secret("s3cret")) == 32
