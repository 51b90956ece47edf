"""Logs: to stderr, as readable lines on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure_logs(*, quiet: bool) -> None:
    """Set logging up for a command; ``quiet`` shows only what went wrong, as beside a live view."""
    terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
