"""What the lint has to say."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong: where, what, and why it matters."""

    path: Path
    line: int
    what: str
    why: str

    def shown(self, root: Path) -> str:
        """One line; the path is relative to ``root`` where it lies below."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{path}:{self.line}: {self.what} - {self.why}"
