"""Logs: one event a line on stderr. Nothing that holds a token is ever given to a logger (OR-REQ-2)."""

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from orchestratord.settings import LogFormat, LogLevel

LOGGERS = ("orchestratord", "pool_managerd")
"""The second one speaks in embedded and fallback mode."""


def configure_logs(level: LogLevel, log_format: LogFormat) -> None:
    """Send this process's events of ``level`` and above, and the warnings of libraries, to stderr.

    A stderr that nobody reads any more is no error.
    """
    about_every_event: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *about_every_event, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    rendering = [ProcessorFormatter.remove_processors_meta, *_rendering(log_format)]
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=about_every_event, processors=rendering))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.raiseExceptions = False
    for name in LOGGERS:
        logging.getLogger(name).setLevel(level.upper())


def _rendering(log_format: LogFormat) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Plain tracebacks: the fancy ones show local variables, and so the token.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
