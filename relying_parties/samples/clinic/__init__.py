"""A clinic: appointments for a person, with a way to reach them if they wish."""
