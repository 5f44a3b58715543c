"""What the subjects in this process log: kept instead of printed."""

from collections import deque

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

    def tail(self, longest: int) -> str:
        """See :class:`~poolpact.targets.base.Log`."""
        lines: deque[str] = deque()
        while len(lines) < len(self._lines) and sum(map(len, lines)) < longest:
            lines.appendleft(self._lines[-1 - len(lines)])
        return "".join(lines)[-longest:]

    def count(self, text: str) -> int:
        """See :class:`~poolpact.targets.base.Log`."""
        return sum(line.count(text) for line in self._lines)
