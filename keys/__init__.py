"""The trust floor: what makes other things believable. Knows no citizen, no agency, no HTTP."""
