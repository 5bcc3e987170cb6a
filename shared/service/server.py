"""`noinghe up`: everything in one process on 127.0.0.1, under gunicorn.

gunicorn's master holds the lock of the data folder and restarts the one worker if it dies; the worker
opens the house, serves all applications and runs relays and workers on threads. A worker that was killed
loses nothing: what was committed is in the outboxes, and positions stand beside their effects.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from shared.errors import Unavailable
from shared.service.house import House
from shared.service.owner import HANDOFF_PATH, announce, handoff_blueprint, retract
from shared.service.service import Service
from shared.settings import Settings
from shared.web.application import create_app
from shared.web.dispatch import combine
from shared.web.metrics import Metrics
from shared.web.problem import install_problems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
THREADS = 16
GRACEFUL_TIMEOUT_S = 20


def serve(
    services: Sequence[Service], settings: Settings, *, port: int, when_ready: Callable[[], None]
) -> None:
    """Run everything until the process is told to stop (SIGINT, SIGTERM); then end cleanly.

    The caller owns the data folder (`owning`). `when_ready` is called once the address answers.
    """
    OneMachine(services, settings, port=port, when_ready=when_ready).run()


def check_port(port: int) -> None:
    """Raise `Unavailable` where another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as fault:
            raise Unavailable(
                f"Cổng {port} đang có chương trình khác dùng; chọn cổng khác bằng --port."
            ) from fault


class OneMachine(BaseApplication):  # type: ignore[misc] # gunicorn carries no types
    """gunicorn, with its settings in code and the house opened in its worker."""

    def __init__(
        self, services: Sequence[Service], settings: Settings, *, port: int, when_ready: Callable[[], None]
    ) -> None:
        self._services = services
        self._settings = settings
        self._port = port
        self._when_ready = when_ready
        self._token = secrets.token_urlsafe(32)
        self._house: House | None = None
        super().__init__()

    def load_config(self) -> None:
        """One threaded worker; no files of gunicorn's own."""
        chosen: dict[str, Any] = {
            "bind": f"{HOST}:{self._port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "loglevel": "warning",
            "control_socket_disable": True,
            "graceful_timeout": GRACEFUL_TIMEOUT_S,
            "when_ready": lambda _: self._when_ready(),
            "post_worker_init": lambda _: self._announce(),
            "worker_exit": lambda _arbiter, _worker: self._close(),
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Open the house in the worker, start it, and give its applications."""
        self._house = House(self._services, self._settings)
        application = one_machine_application(self._house, self._token)
        self._house.start(instance=self._settings.instance)
        return application

    def _announce(self) -> None:
        announce(self._settings.data_dir, address=f"http://{HOST}:{self._port}", token=self._token)

    def _close(self) -> None:
        retract(self._settings.data_dir)
        if self._house is not None:
            self._house.close()
            self._house = None


def one_machine_application(house: House, token: str) -> WSGIApplication:
    """All services' applications under one address, and the hand-off of other commands."""
    metrics = Metrics()
    contexts = house.contexts.items()
    apps = {name: create_app(context.service, context, metrics=metrics) for name, context in contexts}
    fronts = [apps[name] for name, context in contexts if context.service.is_front]
    services = combine(apps, front=fronts[0] if fronts else next(iter(apps.values())))
    owner = Flask("owner")
    install_problems(owner)
    owner.register_blueprint(handoff_blueprint(house, token))

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = owner if environ.get("PATH_INFO") == HANDOFF_PATH else services
        return chosen(environ, start_response)

    return application
