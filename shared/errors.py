"""The four ways in which a request can be wrong, and the one in which the house can.

Domain errors are small classes beside the rule that raises them; each inherits one of these.
This module knows no HTTP: `shared.web.problem` maps the classes to answers.
"""

from __future__ import annotations


class NoiNgheError(Exception):
    """Base of every error that a person is told about.

    `message` is one Vietnamese sentence: what is wrong, where, how to mend it; nothing personal in it.
    `code` is a stable word for programs.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Invalid(NoiNgheError):
    """What was sent cannot be stored truthfully."""

    code = "invalid"


class NotFound(NoiNgheError):
    """There is no such thing, or none that the asker may know of."""

    code = "not_found"


class Conflict(NoiNgheError):
    """The thing is in a state that forbids the change."""

    code = "conflict"


class Forbidden(NoiNgheError):
    """The asker may not do this."""

    code = "forbidden"


class Unavailable(NoiNgheError):
    """A database, the event log or another process does not answer; trying again later may help."""

    code = "unavailable"
