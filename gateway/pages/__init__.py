"""What a citizen sees, a module for each page."""
