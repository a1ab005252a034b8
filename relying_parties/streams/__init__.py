"""Streams: what services hear of citizens who share with them, and how it reaches them."""
