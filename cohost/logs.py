"""Logs as one JSON line per event, to stderr; ids only, never message text or a secret."""

from __future__ import annotations

import logging
import sys
import traceback

import structlog

SHOWN_FRAMES = 8  # the innermost, where it happened


def where(error: BaseException) -> dict[str, object]:
    """What a log says of an unexpected error: its kind and its place.

    Not its message, nor a whole traceback: database and network errors quote what was stored or sent.
    """
    frames = traceback.extract_tb(error.__traceback__)[-SHOWN_FRAMES:]
    return {"error": type(error).__name__, "frames": [f"{f.filename}:{f.lineno} {f.name}" for f in frames]}


def configure(level: str) -> None:
    """Set up structlog for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        ),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever stderr is by then
    )
