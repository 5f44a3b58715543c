"""What the subjects in this process log: kept instead of printed."""

import structlog


class LogBook:
    """Every structlog event of this process since :meth:`open`, as JSON lines, whatever its level."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def open(self) -> None:
        """Let structlog write here, and nowhere else."""
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(default=str),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            logger_factory=structlog.WriteLoggerFactory(self),  # type: ignore[arg-type]
            cache_logger_on_first_use=False,
        )

    def write(self, text: str) -> None:
        """Take what a logger writes."""
        self._lines.append(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)
