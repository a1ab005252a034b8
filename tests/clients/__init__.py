"""Relying parties that nobody here wrote, against the running demo."""
