"""Small suites to be linted: a feature, a file of steps, and glue."""

import ast
from pathlib import Path
from textwrap import dedent, indent

from ci.suite_lint.source import Library
from ci.suite_lint.suite import Suite

ROOT = Path(__file__).parents[3]

TYPES = """
import re
import parse
from behave import register_type

@parse.with_pattern(r'"[^"]+"')
def quoted(text: str) -> str:
    return text[1:-1]

@parse.with_pattern(r'"[^"]+"(?:(?:, | and )"[^"]+")*')
def several(text: str) -> list[str]:
    return re.findall(r'"([^"]+)"', text)

register_type(Name=quoted, Names=several)
"""
IMPORTS = """
import asyncio
import contextlib
from contextlib import suppress
from typing import Any
from behave import given, step, then, when
from poolpact.evidence import absent, judges, neither, right, wrong
from poolpact.expectation import expect
from poolpact.targets.base import Timekeeper
"""


def suite(folder: Path, *, steps: str, feature: str, glue: str = "") -> Suite:
    """The suite of ``steps`` (below the usual imports), ``feature`` (one Rule's scenarios and their tag) and ``glue``."""
    (folder / "steps").mkdir(exist_ok=True)
    (folder / "features").mkdir(exist_ok=True)
    (folder / "steps" / "common.py").write_text(TYPES, encoding="utf-8")
    (folder / "steps" / "own.py").write_text(f"{IMPORTS}{_imported(dedent(glue))}\n{dedent(steps)}", encoding="utf-8")
    (folder / "glue.py").write_text(f"{IMPORTS}{dedent(glue)}", encoding="utf-8")
    (folder / "features" / "own.feature").write_text(f"Feature: F\n{indent(dedent(feature), '  ')}", encoding="utf-8")
    return Suite(folder / "features", folder / "steps", Library([folder, ROOT]))


def _imported(glue: str) -> str:
    names = [
        node.name for node in ast.parse(glue).body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return f"from glue import {', '.join(names)}" if names else ""
