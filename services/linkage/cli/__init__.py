"""Verbs of linkage on the command line: `noinghe review …` and `noinghe link …`."""

from __future__ import annotations

from services.linkage.cli.link import link
from services.linkage.cli.review import review

__all__ = ["link", "review"]
