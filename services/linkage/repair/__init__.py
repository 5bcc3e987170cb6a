"""Repair: an identity as it was written becomes one that can be compared. See README.md for the rules."""

from __future__ import annotations

from services.linkage.repair.record import Repaired, repair

__all__ = ["Repaired", "repair"]
