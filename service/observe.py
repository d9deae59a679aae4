"""How the service speaks of itself to those who run it: JSON lines on standard error. Not for the journal."""

import logging
import sys

import structlog


def configure_logging(*, level: int = logging.INFO) -> None:
    """One JSON object a line; a second call changes nothing. Ids are fields; secrets and positions are never logged."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
