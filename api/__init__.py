"""The HTTP edge: routes for platforms and people, and the console."""
