"""The only file that knows all services: the command line `noinghe`, and everything in one go.

A new service is one folder and one line in `SERVICES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import click

from services.demo import FILES
from services.employment.service import SERVICE as EMPLOYMENT
from services.indicators.cli import print_board
from services.indicators.service import SERVICE as INDICATORS
from services.linkage.service import SERVICE as LINKAGE
from services.school.service import SERVICE as SCHOOL
from services.vocational.service import SERVICE as VOCATIONAL
from shared.service.command_line import build, run
from shared.service.owner import Caller
from shared.service.up import Demo, up_command

SERVICES = (SCHOOL, VOCATIONAL, EMPLOYMENT, LINKAGE, INDICATORS)

DEMO_BOARDS = (("BL2026", "2026-12-31"), ("KR2024", "2024-12-31"))
"""Plans of the demo, each at the day of its official figure."""


def command_line() -> click.Group:
    """The command line over all services."""
    return build(SERVICES, extra=(up_command(Demo(FILES, show_demo)),))


def show_demo(caller: Caller) -> None:
    """Print the boards of the demo's plans."""
    for plan, day in DEMO_BOARDS:
        print_board(caller.call("indicators.board", {"plan": plan, "on": day}, lambda done, total: None))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `noinghe` and end the process with its exit status."""
    run(command_line(), SERVICES, arguments)


if __name__ == "__main__":
    main()
