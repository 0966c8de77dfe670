"""`python -m cohost`."""

from cohost.cli import app

app()
