"""The group `noinghe link`: its verbs stand in the modules beside this one."""

from __future__ import annotations

from pathlib import Path

import click

from services.linkage.cli.bulk import VERBS as BULK
from services.linkage.cli.bulk import proposed
from services.linkage.cli.files import VERBS as FILES
from services.linkage.cli.lifecycle import VERBS as LIFECYCLE
from services.linkage.cli.measuring import VERBS as MEASURING
from services.linkage.cli.review import review
from services.linkage.cli.training import VERBS as TRAINING
from shared.service.terminal import Session, data_option, json_option


@click.group(invoke_without_command=True)
@click.option("--bulk", is_flag=True, help="Như link bulk propose.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="PROPOSAL.csv", help="Cùng --bulk: ghi ra tệp."
)
@data_option
@json_option
@click.pass_context
def link(context: click.Context, bulk: bool, out: Path | None) -> None:
    """Nối hồ sơ của cùng một người."""
    if context.invoked_subcommand is not None:
        if bulk or out is not None:
            raise click.UsageError("--bulk và --out ở đây không đi cùng một lệnh khác.")
        return
    if not bulk:
        raise click.UsageError("Thiếu lệnh; xem noinghe link --help.")
    session = context.find_object(Session)
    if session is not None:
        proposed(session, out)


for verb in (*FILES, *MEASURING, *BULK, *LIFECYCLE, *TRAINING, review):
    link.add_command(verb)
