"""Proving who someone is: providers, a row each."""
