"""Agencies: who they are, what they may ask, what they hold. Knows no account, no attribute value, no HTTP."""
