"""Folding: what two spellings of a word share, in any of our scripts."""

import unicodedata


def bare(said: str) -> str:
    """Return ``said`` without case and accents, to be compared or put in order."""
    plain = unicodedata.normalize("NFKD", said).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char))
