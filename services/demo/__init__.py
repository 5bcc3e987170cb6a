"""The demo: a synthetic cohort of two areas as ordinary spreadsheets, imported as a user would."""

from __future__ import annotations

from pathlib import Path

KINDS = ("institutions", "programmes", "completions", "enrolments", "life-events", "vacancies", "placements")
"""What the demo has files of, in the order of import: what is named comes before what names it."""

SPREADSHEETS = Path(__file__).with_name("files")

FILES: tuple[tuple[str, Path], ...] = tuple((kind, SPREADSHEETS / f"{kind}.xlsx") for kind in KINDS)
"""The demo's spreadsheets as (kind, file)."""
