"""The group `noinghe link`: its verbs stand in the modules beside this one."""

from __future__ import annotations

import click

from services.linkage.cli.files import VERBS as FILES
from services.linkage.cli.measuring import VERBS as MEASURING


@click.group()
def link() -> None:
    """Nối hồ sơ của cùng một người."""


for verb in (*FILES, *MEASURING):
    link.add_command(verb)
