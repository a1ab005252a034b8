"""The grant types of the token endpoint, a row each."""
