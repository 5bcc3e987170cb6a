"""Reads `versions.toml`, the one place where versions of fetched components stand."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def version(component: str, name: str = "version") -> str:
    """The version of a component as text, for example `version("kafka")` or `version("java", "oldest")`."""
    table = tomllib.loads(Path(__file__).with_name("versions.toml").read_text(encoding="utf-8"))
    return str(table[component][name])
