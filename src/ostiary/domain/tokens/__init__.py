"""Which OAuth tokens exist, who holds them, and when do they die? Codes, access tokens, refresh token families."""
