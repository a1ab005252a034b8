"""The ways in: a row each."""
