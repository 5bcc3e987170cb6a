"""Vietnamese people with truth: made up, with the names, lists and mistakes of the country's offices.

`population(...)` makes them in memory; `python -m bench.linkage generate` writes them as files. What is in
them, and where every figure comes from, is said in the data sheet, `bench/linkage/README.md`.
"""

from __future__ import annotations

from bench.linkage.population.damage import Habits
from bench.linkage.population.kinds import KINDS, Intensity
from bench.linkage.population.making import VERSION, Population, Source, population

__all__ = ["KINDS", "VERSION", "Habits", "Intensity", "Population", "Source", "population"]
