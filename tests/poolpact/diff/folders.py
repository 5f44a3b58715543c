"""A contracts/ folder on the disk, and a repository around it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.poolpact.diff.documents import DOCUMENT

HANDOFF = {
    "type": "object",
    "required": ["url"],
    "properties": {"url": {"$ref": "#/$defs/Url"}},
    "$defs": {"Url": {"type": "string"}},
}
REQUIREMENT = {"id": "PM-A-1", "level": "MUST", "side": "daemon", "profile": "core", "sentence": "It holds."}
INTERACTION = {"description": "health", "request": {"method": "GET", "path": "/health"}, "response": {"status": 200}}


def write_contract(folder: Path, document: dict[str, Any] = DOCUMENT, **files: Any) -> Path:
    """A whole contract.

    ``files`` replace other files of it or are added; in their names ``__`` stands for a slash and ``_`` for a full stop, and
    None leaves a file out.
    """
    content = {
        "schemas/handoff.json": HANDOFF,
        "requirements.yaml": {"requirements": [REQUIREMENT]},
        "pacts/a-b.json": {"interactions": [INTERACTION]},
    }
    content |= {name.replace("__", "/").replace("_", "."): value for name, value in files.items()}
    for name, value in {"openapi.yaml": document, **content}.items():
        if value is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            written = json.dumps(value, indent=2) if name.endswith(".json") else yaml.safe_dump(value, sort_keys=False)
            path.write_text(value if isinstance(value, str) else written)
    return folder


def git(folder: Path, *arguments: str) -> str:
    """One git command as somebody, untouched by the configuration of this machine."""
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "x"), ("EMAIL", "x@x"))}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Everything in ``folder`` as one more commit; its hash."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a version")
    return git(folder, "rev-parse", "HEAD")
