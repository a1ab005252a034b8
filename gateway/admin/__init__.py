"""What an administrator sees."""
