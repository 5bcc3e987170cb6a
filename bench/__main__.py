"""`python -m bench`: take the measures, print one table; `--write` also puts it into the room's card.

Kafka and PostgreSQL are started by the measures that need them and end with the run.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from bench import boards, endpoints, idle, imports, latency, messaging
from bench.measure import Line, table
from bench.run import FULL, QUICK, Run
from infra.processes import Missing

CARD = Path(__file__).with_name("README.md")
BEGIN = "<!-- figures: written by `python -m bench --write` -->"
END = "<!-- end of figures -->"

_GIB = 1024**3

MEASURES: Mapping[str, Callable[[Run], Sequence[Line]]] = {
    "relay": messaging.measure_relay,
    "end-to-end": messaging.measure_end_to_end,
    "latency-embedded": latency.measure_embedded,
    "latency-kafka": latency.measure_kafka,
    "endpoints": endpoints.measure,
    "idle": idle.measure,
    "import": imports.measure,
    "board": boards.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the measures; exit status 1 where a floor was not reached, 3 where a component is missing."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, beside bare peers.")
    parser.add_argument("--quick", action="store_true", help="little of everything: does it run?")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="this measure (repeatable)")
    parser.add_argument("--write", action="store_true", help=f"put the table into {CARD.name}")
    asked = parser.parse_args(arguments)
    if asked.write and (asked.quick or asked.only):
        parser.error("--write is for a whole run")
    with Run(QUICK if asked.quick else FULL) as run:
        try:
            lines = [line for name in asked.only or MEASURES for line in MEASURES[name](run)]
        except Missing as reason:
            print(reason, file=sys.stderr)
            return 3
    text = f"{table(lines)}\n\n{circumstances()}"
    print(text)
    if asked.write:
        write_card(CARD, text)
    return 1 if any(line.verdict == "below floor" for line in lines) else 0


def circumstances() -> str:
    """When and on what the figures were taken, without a name of a machine."""
    memory = psutil.virtual_memory().total / _GIB
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores shared by broker, database and everything "
        f"measured, {memory:.0f} GiB of memory, {platform.system()}, Python {platform.python_version()}, "
        f"kafka-python {version('kafka-python')}. Rates: median of the repetitions (lowest–highest)."
    )


def write_card(card: Path, text: str) -> None:
    """Replace the generated part of the card."""
    before, _, rest = card.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    card.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
