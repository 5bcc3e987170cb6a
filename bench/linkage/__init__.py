"""Linkage measured: people with truth, and what linkers make of them."""
