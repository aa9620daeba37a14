"""Which applications may send people here, and how do they prove themselves? OIDC clients and machine clients."""
