"""What an administrator sees, a module for each page."""
