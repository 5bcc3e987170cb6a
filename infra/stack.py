"""Runs docker-compose.yml's own services natively, on a real secured Kafka and a real PostgreSQL.

    python -m infra.stack up      # returns when every service is ready, and prints the addresses
    python -m infra.stack down

Command lines, environments and dependencies come from docker-compose.yml; each service runs from a folder
that holds exactly what the Dockerfile copies into its image. Images of others are replaced: broker and
database by `infra.kafka` and `infra.postgres`, the proxy by the system's nginx where there is one.
Prometheus and Grafana are left out. Data live as long as the stack.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from infra.compose import ROOT, OurService, example_variables, our_services
from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer
from infra.processes import (
    KeptProcess,
    Missing,
    NotReady,
    Server,
    cache_folder,
    free_port,
    listening,
    scratch_folder,
    wait_ready,
)

STATE = cache_folder() / "stack.json"
BIND = re.compile(r"--bind=0\.0\.0\.0:\d+")
PROXY_CONFIGURATION = ROOT / "infra" / "proxy" / "nginx.conf"
READY_WITHIN_S = 60.0
UP_WITHIN_S = 300.0
LOOK_EVERY_S = 2.0


class Stack(Server):
    """The running stack. `addresses`: base URL by name (`school-web`, …, and `proxy` where nginx is)."""

    def __init__(self, *, port: int = 0) -> None:
        """Nothing is started yet. `port`: of the proxy; 0 takes any."""
        self.folder = scratch_folder("stack")
        self.addresses: dict[str, str] = {}
        self._port = port
        self._variables = {name: secrets.token_hex(16) for name in example_variables()}
        self.broker = KafkaBroker(secured=True, password=self._variables["KAFKA_ADMIN_PASSWORD"])
        self.server = PostgresServer(user="admin", password=self._variables["POSTGRES_ADMIN_PASSWORD"])
        self.processes: dict[str, KeptProcess] = {}
        self._services: dict[str, OurService] = {}

    def start(self) -> None:
        """Start everything in the order of its dependencies; return when every service is ready."""
        self.server.start()
        self.broker.start()
        self._services = {service.name: service for service in our_services(self._variables)}
        for service in sorted(self._services.values(), key=lambda service: not service.is_job):
            self._lay_out(service)
            for needed in service.needs:
                if needed in self.processes and self._services[needed].is_job:
                    self._finish(needed)
            if service.name.endswith("-web"):
                self.addresses[service.name] = f"http://127.0.0.1:{free_port()}"
            self._start(service)
        for name, address in self.addresses.items():
            ready = functools.partial(is_ready, address)
            wait_ready(self.processes[name], ready, what=name, timeout_s=READY_WITHIN_S)
        self._start_proxy()
        for name, process in self.processes.items():
            if not process.running():
                raise NotReady(f"{name} ended while starting; the end of its log:\n{process.tail(40)}")

    def stop(self) -> None:
        """Stop our services all at once, then broker and database; data and logs go."""
        with ThreadPoolExecutor(max_workers=32) as threads:
            list(threads.map(KeptProcess.stop, self.processes.values()))
        self.processes.clear()
        self.broker.stop()
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def mend(self) -> list[str]:
        """Start again what ended by itself, as `restart: unless-stopped` does; return the names."""
        ended = [name for name, process in self.processes.items() if not process.running()]
        for name in ended:
            self.processes.pop(name).stop()
            if name in self._services:
                self._start(self._services[name])
            else:
                self._start_proxy()
        return ended

    def environment(self) -> dict[str, str]:
        """NOINGHE_* for the command line `noinghe`: every service with its own user."""
        access = self._services["access"].environment
        return {name: self._native(value) for name, value in access.items() if name.startswith("NOINGHE_")}

    def log_of(self, name: str) -> Path:
        """Where a process of the stack writes its log lines."""
        return self.folder / f"{name}.log"

    def _lay_out(self, service: OurService) -> None:
        for source, place in service.copies:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, self._image(service) / place, ignore=ignored)
            else:
                target = self._image(service) / place
                target = target / Path(source).name if place.endswith("/") else target
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, target)

    def _start(self, service: OurService) -> None:
        command = list(service.command)
        if service.name in self.addresses:
            at = self.addresses[service.name].removeprefix("http://")
            command = [BIND.sub(f"--bind={at}", part) for part in command]
        environment = {name: self._native(value) for name, value in service.environment.items()}
        programs = Path(sys.executable).parent
        self.processes[service.name] = KeptProcess(
            [str(programs / command[0]), *command[1:]],
            self.log_of(service.name),
            environment={
                "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                "LANG": "C.UTF-8",
                "PYTHONPATH": str(self._image(service)),
                "PYTHONUNBUFFERED": "1",
                **environment,
            },
            directory=self._image(service),
        )

    def _finish(self, job: str) -> None:
        process = self.processes.pop(job)
        deadline = time.monotonic() + READY_WITHIN_S
        while process.running() and time.monotonic() < deadline:
            time.sleep(0.05)
        if process.running() or process.stop() != 0:
            process.stop()
            raise NotReady(f"the job {job} failed; its log:\n{process.tail(40)}")

    def _start_proxy(self) -> None:
        nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if nginx is None:
            return
        if "proxy" not in self.addresses:
            port = self._port if self._port and not listening(self._port) else free_port()
            self.addresses["proxy"] = f"http://127.0.0.1:{port}"
        address = self.addresses["proxy"].removeprefix("http://")
        text = PROXY_CONFIGURATION.read_text(encoding="utf-8")
        text = re.sub(r" *resolver .*\n", "", text).replace("listen 8080", f"listen {address}")
        text = text.replace("/tmp/nginx.pid", str(self.folder / "nginx.pid"))  # noqa: S108 - a container's
        for name, at in self.addresses.items():
            text = text.replace(f"{name}:8000", at.removeprefix("http://"))
        configuration = self.folder / "nginx.conf"
        configuration.write_text(text, encoding="utf-8")
        self.processes["proxy"] = KeptProcess(
            [nginx, "-c", str(configuration), "-p", str(self.folder), "-g", "daemon off;"],
            self.log_of("proxy"),
        )
        port = int(address.rpartition(":")[2])
        wait_ready(self.processes["proxy"], lambda: listening(port), what="nginx", timeout_s=10)

    def _image(self, service: OurService) -> Path:
        return self.folder / "images" / service.name

    def _native(self, value: str) -> str:
        return value.replace("kafka:9092", self.broker.address).replace("postgres:5432", self.server.address)


def is_ready(address: str) -> bool:
    """Whether `/ready` of a web process answers, degraded included."""
    try:
        with urllib.request.urlopen(f"{address}/ready", timeout=5) as answer:  # noqa: S310 - our own http
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def up(*, port: int) -> int:
    """Start the stack in the background and print where it answers."""
    running = _state()
    if running is not None:
        print("already running (stop it with: make stack-down)")
        _tell(running)
        return 0
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.unlink(missing_ok=True)
    log = STATE.with_suffix(".log")
    print("starting Kafka, PostgreSQL and the services of docker-compose.yml …", flush=True)
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "infra.stack", "supervise", "--port", str(port)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + UP_WITHIN_S
    try:
        while (started := _state()) is None:
            if supervisor.poll() is not None or time.monotonic() > deadline:
                supervisor.terminate()
                print(log.read_text(encoding="utf-8", errors="replace"), file=sys.stderr)
                return 3
            time.sleep(0.2)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        return 130
    _tell(started)
    return 0


def down() -> int:
    """Stop what `up` started."""
    running = _state()
    if running is None:
        print("nothing is running")
        return 0
    os.kill(running["pid"], signal.SIGTERM)
    while _is_supervisor(running["pid"]):
        time.sleep(0.1)
    print("stopped")
    return 0


def supervise(*, port: int) -> int:
    """Be the stack, in the foreground, until SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Stack(port=port) as stack:
            shell = stack.folder / "noinghe.env"
            lines = [f"{name}={shlex.quote(value)}" for name, value in stack.environment().items()]
            shell.touch(mode=0o600)
            shell.write_text("\n".join(lines) + "\n", encoding="utf-8")
            state = {"pid": os.getpid(), "folder": str(stack.folder), "addresses": stack.addresses}
            unfinished = STATE.with_suffix(".new")
            unfinished.write_text(json.dumps(state), encoding="utf-8")
            unfinished.rename(STATE)
            while True:
                time.sleep(LOOK_EVERY_S)
                for name in stack.mend():
                    print(f"{name} ended and was started again", flush=True)
    except KeyboardInterrupt:
        return 0
    except (Missing, NotReady) as reason:
        print(reason, file=sys.stderr)
        return 3
    finally:
        if (running := _state()) is not None and running["pid"] == os.getpid():
            STATE.unlink(missing_ok=True)


def _state() -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        state: dict[str, Any] = json.loads(STATE.read_text(encoding="utf-8"))
        if _is_supervisor(state["pid"]):
            return state
    return None


def _is_supervisor(pid: int) -> bool:
    command = ["ps", "-o", "args=", "-p", str(pid)]
    return "infra.stack" in subprocess.run(command, capture_output=True, text=True).stdout


def _tell(state: Mapping[str, Any]) -> None:
    for name, address in sorted(state["addresses"].items()):
        print(f"  {name:16} {address}")
    if "proxy" not in state["addresses"]:
        print("  no proxy: nginx is not installed; each service answers at its own address")
    print(f"  logs             {state['folder']}/*.log")
    print(f"  command line     set -a; . {state['folder']}/noinghe.env; set +a; .venv/bin/noinghe …")
    print("  stop             make stack-down")


def main() -> int:
    """`up`, `down`, or `supervise` (the process that `up` leaves in the background)."""
    parser = argparse.ArgumentParser(prog="python -m infra.stack")
    parser.add_argument("verb", choices=["up", "down", "supervise"])
    parser.add_argument("--port", type=int, default=8000, help="of the proxy; another when it is taken")
    options = parser.parse_args()
    if options.verb == "down":
        return down()
    return (up if options.verb == "up" else supervise)(port=options.port)


if __name__ == "__main__":
    sys.exit(main())
