"""Signing in: by passkey, by password, again, and what helps when neither works."""
