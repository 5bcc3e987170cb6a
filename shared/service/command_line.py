"""The command line `noinghe` as a whole: which verbs there are, and with which status a command ends.

Exit status: 0 done; 1 data refused, dead letters or a difference found; 2 usage; 3 unavailable or time
ran out. Never a traceback for what a user or a machine can get wrong.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from typing import NoReturn

import click
import structlog

from shared.errors import NoiNgheError, Unavailable
from shared.service.heap import calm_collector
from shared.service.owner import INTERNAL_FAULT
from shared.service.service import Service
from shared.service.terminal import DONE, REFUSED, UNAVAILABLE, USAGE, Session, data_option, json_option
from shared.service.verbs import (
    dead_letters,
    doctor,
    import_command,
    key_command,
    replay_command,
    settle,
    verify,
    withdraw_command,
)
from shared.settings import BadSetting
from shared.web import keys
from shared.web.logs import configure_logging, frames_of

_log = structlog.get_logger(__name__)


def build(services: Sequence[Service], extra: Sequence[click.Command] = ()) -> click.Group:
    """The whole command line over these services."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @data_option
    @json_option
    def noinghe() -> None:
        """Nối Nghề: nối học sinh ra trường, nghề học và việc làm; tính chỉ tiêu kế hoạch phân luồng."""

    kinds = sorted({kind.layout.kind for service in services for kind in service.kinds})
    rebuilt = [service.name for service in services if service.projections]
    for command in (
        import_command(kinds),
        withdraw_command(kinds),
        replay_command(rebuilt),
        settle,
        verify,
        dead_letters,
        doctor,
        key_command(keys.scopes_of([service.name for service in services])),
        *extra,
        *(verb for service in services for verb in service.verbs),
    ):
        noinghe.add_command(command)
    return noinghe


def run(group: click.Group, services: Sequence[Service], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(status_of(group, services, arguments))


def status_of(group: click.Group, services: Sequence[Service], arguments: Sequence[str] | None) -> int:
    """Run the command line; its exit status, with every error told in one sentence on standard error."""
    session = Session(services)
    configure_logging("WARNING")
    calm_collector()
    try:
        result = group.main(
            args=None if arguments is None else list(arguments),
            prog_name="noinghe",
            standalone_mode=False,
            obj=session,
        )
    except click.UsageError as fault:
        fault.show()
        return USAGE
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.Abort:
        click.echo("Đã dừng theo yêu cầu.", err=True)
        return REFUSED
    except (Unavailable, BadSetting) as fault:
        _tell(session, fault)
        return USAGE if isinstance(fault, BadSetting) else UNAVAILABLE
    except NoiNgheError as fault:
        _tell(session, fault)
        return REFUSED
    except Exception as fault:
        _log.error("command.failed", error=type(fault).__name__, frames=frames_of(fault))
        _tell(session, Unavailable(INTERNAL_FAULT, code="internal"))
        return UNAVAILABLE
    return result if isinstance(result, int) else DONE


def _tell(session: Session, fault: NoiNgheError) -> None:
    if session.as_json:
        click.echo(json.dumps({"error": {"code": fault.code, "message": fault.message}}, ensure_ascii=False))
    click.echo(f"Lỗi: {fault.message}", err=True)
