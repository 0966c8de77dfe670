"""From files and posts to passages."""
