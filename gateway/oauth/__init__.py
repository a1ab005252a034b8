"""OAuth 2.0 and OpenID Connect: requests, checks, decisions, tokens."""
