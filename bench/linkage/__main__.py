"""`python -m bench.linkage`: linkage measured. Every verb is a function beside its parser, in `VERBS`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.linkage.population import Intensity, population
from bench.linkage.population.files import write
from bench.linkage.population.making import FEWEST_PEOPLE, MOST_PEOPLE, steps


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of the command line: what it does, its arguments, its function (returns the exit status)."""

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb."""
    parser = argparse.ArgumentParser(prog="python -m bench.linkage", description="Linkage, measured.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, verb in VERBS.items():
        verb.arguments(verbs.add_parser(name, help=verb.help, description=verb.help))
    asked = parser.parse_args(arguments)
    return VERBS[asked.verb].run(asked)


def generate_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `generate`."""
    parser.add_argument("--people", type=_people, required=True, help="how many people there are")
    parser.add_argument("--seed", type=_seed, required=True, help="the same seed gives the same files")
    parser.add_argument("--intensity", choices=[level.value for level in Intensity], default="normal")
    parser.add_argument(
        "--habits", type=int, metavar="SEED", help="draw other error rates; without: the plain ones"
    )
    parser.add_argument("--sources", type=int, choices=(2, 3), default=3, help="2 leaves out hired.csv")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def generate(asked: argparse.Namespace) -> int:
    """Write a population and say what is in it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:34}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=steps(asked.sources) + 1)

        def tell(what: str) -> None:
            progress.update(task, advance=1, description=what)

        made = population(
            people=asked.people,
            seed=asked.seed,
            intensity=asked.intensity,
            habits=asked.habits,
            sources=asked.sources,
            tell=tell,
        )
        tell("files")
        manifest = write(made, asked.out)
    _show(Console(), manifest)
    return 0


def _people(text: str) -> int:
    count = int(text.replace("_", ""))
    if not FEWEST_PEOPLE <= count <= MOST_PEOPLE:
        raise argparse.ArgumentTypeError(f"between {FEWEST_PEOPLE} and {MOST_PEOPLE}")
    return count


def _seed(text: str) -> int:
    seed = int(text)
    if seed < 0:
        raise argparse.ArgumentTypeError("a seed is not negative")
    return seed


def _show(console: Console, manifest: Mapping[str, Any]) -> None:
    rows, persons = manifest["rows"], manifest["persons"]
    shape = Table(title=f"{manifest['people']:,} people, seed {manifest['seed']}, {manifest['intensity']}")
    for heading in ("source", "rows", "persons"):
        shape.add_column(heading, justify="left" if heading == "source" else "right")
    for name, count in rows.items():
        shape.add_row(name, f"{count:,}", f"{persons[name]:,}")
    console.print(shape)
    pairs = Table(title="true pairs", show_header=False)
    for name, count in manifest["pairs"].items():
        pairs.add_row(name, f"{count:,}")
    console.print(pairs)
    damage = Table(title="rows changed by each kind of corruption")
    for heading in ("kind", *rows):
        damage.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, counts in manifest["corruptions"].items():
        damage.add_row(kind, *(f"{counts[name]:,}" for name in rows))
    console.print(damage)


VERBS: Mapping[str, Verb] = {
    "generate": Verb(
        "Make Vietnamese people with truth: lists of three sources.", generate_arguments, generate
    ),
}

if __name__ == "__main__":
    sys.exit(main())
