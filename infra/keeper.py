"""Keeps one server process from outliving whoever asked for it. Run as a script; standard library only.

    python -I keeper.py --log FILE [--user NAME] [--signal NAME] [--remove FOLDER] -- COMMAND...

The asker holds the other end of standard input and writes `stop` (send the signal, wait, then kill) or
`kill` (SIGKILL at once). When the pipe ends, the asker is dead, however it died: the server is stopped and
FOLDER is removed. The first line on standard output is the server's process id; the exit status is its own.
On Linux the server is also killed when the keeper itself is.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1
STOP_WITHIN_S = 20.0
LOOK_EVERY_S = 0.2


def main() -> int:
    """Start the command, obey standard input, answer with the command's exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True)
    parser.add_argument("--user")
    parser.add_argument("--signal", default="SIGTERM")
    parser.add_argument("--remove")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    stop_signal = signal.Signals[options.signal]
    signal.signal(signal.SIGTERM, _leave)
    with open(options.log, "ab") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=options.user,
            extra_groups=[] if options.user else None,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    print(server.pid, flush=True)
    abandoned = True
    try:
        abandoned = _obey(server, stop_signal)
    finally:
        _stop(server, stop_signal)
        if abandoned and options.remove:
            shutil.rmtree(options.remove, ignore_errors=True)
    return server.wait()


def _obey(server: subprocess.Popen[bytes], stop_signal: signal.Signals) -> bool:
    """Wait for an order, the server's end or the asker's end; true when the asker is gone."""
    while server.poll() is None:
        readable, _, _ = select.select([0], [], [], LOOK_EVERY_S)
        if not readable:
            continue
        order = os.read(0, 64).strip()
        if not order:
            return True
        if order == b"kill":
            server.kill()
            server.wait()
        else:
            _stop(server, stop_signal)
    return False


def _stop(server: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    if server.poll() is not None:
        return
    server.send_signal(stop_signal)
    try:
        server.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
