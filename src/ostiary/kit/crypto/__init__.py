"""Thin, strict layers over `cryptography`, `argon2-cffi` and `joserfc`: no primitives of our own."""
