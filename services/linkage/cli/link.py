"""The group `noinghe link`: its verbs stand in the modules beside this one."""

from __future__ import annotations

import click

from services.linkage.cli.files import VERBS as FILES


@click.group()
def link() -> None:
    """Nối hồ sơ của cùng một người."""


for verb in FILES:
    link.add_command(verb)
