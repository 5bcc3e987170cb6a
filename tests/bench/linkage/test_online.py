"""The store as the bench fills it: what it links by itself is held against the truth."""

from __future__ import annotations

from pathlib import Path

from bench.linkage import apart


def test_what_the_service_links_by_itself_is_right(tmp_path: Path) -> None:
    """Arrivals one by one and in batches, under frequencies that the store counts while it grows."""
    asked = {"people": 3_000, "intensity": "dirty", "where": "sqlite", "folder": str(tmp_path), "url": None}
    found = apart.run("store", asked, within_s=300)
    assert found["precision"] > 0.985
    assert found["recall"] > 0.88
    assert found["persons_f1"] > 0.90
