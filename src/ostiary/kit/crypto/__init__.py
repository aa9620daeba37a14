"""Thin, strict layers over `cryptography` and `argon2-cffi`: no primitives of our own."""
