"""Parking permits of a council: a citizen applies with what they agreed to share."""
