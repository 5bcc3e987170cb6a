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

from bench.linkage.circumstances import circumstances
from bench.linkage.compare import Compared, Plan, to_json
from bench.linkage.compare import compare as run_plan
from bench.linkage.goals import goals_of
from bench.linkage.population import Intensity, population
from bench.linkage.population.files import write
from bench.linkage.population.making import FEWEST_PEOPLE, MOST_PEOPLE, steps
from bench.linkage.showing import CARD, tables
from bench.linkage.showing import write as write_card
from bench.linkage.tasks import SYSTEMS

FIGURES = Path(__file__).with_name("figures.json")
"""Where `compare --write` keeps everything that was seen, beside the table in the card."""


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


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `compare`."""
    parser.add_argument("--people", type=_people, nargs="+", default=[100_000], help="sizes of the sets")
    parser.add_argument(
        "--intensity", type=_intensities, default=(Intensity.NORMAL, Intensity.DIRTY), metavar="normal,dirty"
    )
    parser.add_argument("--sources", type=int, nargs="+", choices=(2, 3), default=[2, 3])
    parser.add_argument("--seeds", type=int, default=1, help="sets of each kind; their spread is shown")
    parser.add_argument("--drawn", action="store_true", help="every set with error rates of its own")
    parser.add_argument("--system", action="append", choices=SYSTEMS, help="only this one (repeatable)")
    parser.add_argument("--oracle-people", type=int, default=20_000, help="0: without the oracle")
    parser.add_argument("--no-febrl", action="store_true")
    parser.add_argument(
        "--within", type=float, default=7_200.0, metavar="SECONDS", help="for one system on one set"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="everything that was seen, kept as it comes"
    )
    parser.add_argument(
        "--write", action="store_true", help=f"put the tables into {CARD.parent.name}/{CARD.name}"
    )


def compare(asked: argparse.Namespace) -> int:
    """Compare; exit status 1 where a goal was not reached."""
    plan = Plan(
        people=tuple(asked.people),
        intensities=asked.intensity,
        sources=tuple(asked.sources),
        seeds=asked.seeds,
        drawn=asked.drawn,
        systems=tuple(asked.system or SYSTEMS),
        oracle_people=asked.oracle_people,
        febrl=not asked.no_febrl,
        within_s=asked.within,
    )
    file = asked.json or (FIGURES if asked.write else None)

    def keep(found: Compared) -> None:
        if file is not None:
            file.write_text(to_json(found, plan, circumstances()), encoding="utf-8")

    found = run_plan(plan, keep=keep)
    goals = goals_of(found.rows, found.febrl)
    text = f"{tables(found.rows, found.febrl, goals, found.left_out)}\n\n{circumstances()}"
    print(text)
    if asked.write:
        write_card(text)
    return 1 if any(goal.reached is False for goal in goals) else 0


def online_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `online`."""
    parser.add_argument("--people", type=_people, default=100_000, help="persons of the three lists")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--intensity", choices=[level.value for level in Intensity], default="normal")
    parser.add_argument("--within", type=float, default=7_200.0, metavar="SECONDS", help="for one database")


def online(asked: argparse.Namespace) -> int:
    """Measure the store online; exit status 1 where a goal was not reached."""
    from bench.linkage import online as measuring  # noqa: PLC0415 opens the service

    databases = asked.database or ("sqlite", "postgresql")
    rows = measuring.measure(
        asked.people, databases=databases, intensity=asked.intensity, within_s=asked.within
    )
    text = measuring.shown(rows)
    print(f"{text}\n\n{circumstances()}")
    return 1 if "not reached" in text else 0


def _intensities(text: str) -> tuple[Intensity, ...]:
    try:
        return tuple(Intensity(name) for name in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"of {', '.join(Intensity)}") from None


VERBS: Mapping[str, Verb] = {
    "generate": Verb(
        "Make Vietnamese people with truth: lists of three sources.", generate_arguments, generate
    ),
    "compare": Verb("All linkers on the same sets, side by side.", compare_arguments, compare),
    "online": Verb("What a record costs online, database included.", online_arguments, online),
}

if __name__ == "__main__":
    sys.exit(main())
