"""Reading, decoding and validating the log in a process of its own, for a replay of many events.

Together they cost as much as applying does; in one interpreter one would wait for the other. So this program
reads, and the replay gets plain values through a pipe that holds little: the program waits when the replay is
behind. It is a new process and no fork, because whoever replays has threads; it imports the contracts and
what its part of the log needs, so that it starts in a quarter of a second, and gets what it must know (a
password, too) through the pipe.

The program is `main` with the numbers of two inherited pipes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe

from shared.errors import Unavailable
from shared.messaging.judging import Verdicts, verdicts_on
from shared.messaging.log import Excerpt


def read_here(excerpt: Excerpt) -> Generator[Verdicts, None, None]:
    """What is known of the records of the excerpt, batch by batch. Raises what the log's engine raises."""
    return (verdicts_on(records) for records in excerpt.read())


@contextmanager
def reading_beside(excerpt: Excerpt) -> Iterator[Generator[Verdicts, None, None]]:
    """The same by another process, which starts now and ends with the block. Its death is `Unavailable`."""
    theirs_in, ours_out = Pipe(duplex=False)
    ours_in, theirs_out = Pipe(duplex=False)
    with ours_in, ours_out:
        with theirs_in, theirs_out:
            numbers = (theirs_in.fileno(), theirs_out.fileno())
            started = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-c", f"from {__name__} import main; main()", *map(str, numbers)],
                pass_fds=numbers,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        try:
            with _alive():
                ours_out.send(excerpt)
            yield _received(ours_in)
        finally:
            started.kill()
            started.wait()


def _received(pipe: Connection) -> Generator[Verdicts, None, None]:
    while True:
        with _alive():
            batch = pipe.recv()
        if batch is None:
            return
        if isinstance(batch, Exception):
            raise batch
        yield batch


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as fault:  # OSError: it ended within a batch
        raise Unavailable("Tiến trình đọc nhật ký sự kiện đã dừng giữa chừng; hãy thử lại.") from fault


def main() -> None:
    """Send the verdicts on what the excerpt asks for, then None; or what went wrong."""
    given, answer = (Connection(int(number)) for number in sys.argv[1:])
    with suppress(BrokenPipeError, KeyboardInterrupt):  # who asked is gone, or stops us both
        excerpt: Excerpt = given.recv()
        try:
            for batch in read_here(excerpt):
                answer.send(batch)
            answer.send(None)
        except BrokenPipeError:
            raise
        except Exception as fault:  # it is raised where the replay is
            answer.send(fault)
