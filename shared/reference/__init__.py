"""Code lists of the State that every service stands on: places, peoples, trades, destinations, occupations.

The lists are CSV files under `data/` (provenance in `data/README.md`), loaded when first asked for and
kept. They are facts with a validity, never settings; a newer list is a newer file.
"""
