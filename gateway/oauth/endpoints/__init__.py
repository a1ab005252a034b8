"""The protocol's endpoints, a module each."""
