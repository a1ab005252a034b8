"""Agencies: who they are, what they may ask, what they hold. No account, no value, no HTTP."""
