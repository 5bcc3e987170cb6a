"""Populations that several tests look at; each is made once."""

from __future__ import annotations

from functools import cache

from bench.linkage.population import Population, population


@cache
def clean() -> Population:
    return population(people=20_000, seed=11, intensity="clean")


@cache
def dirty() -> Population:
    return population(people=20_000, seed=11, intensity="dirty")
