"""How do applications speak to us? OpenID Connect Core 1.0, OAuth 2.1 (as RFC 6749 with RFC 9700), RFC 8414."""
