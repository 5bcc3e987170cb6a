"""A real Apache Kafka broker (KRaft, one node) without a container engine, for tests, bench and the stack.

    with KafkaBroker(secured=True) as broker:
        open_event_log(broker.url)

`python -m infra.kafka [--secured]` runs one until Ctrl-C and prints its address. Acknowledged means in the
page cache of one machine: the broker survives its own `kill -9`, not a power cut.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any

from kafka.admin import (
    ACL,
    KafkaAdminClient,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

from infra import fetching
from infra.processes import KeptProcess, Server, free_port, listening, scratch_folder, wait_ready

SETTINGS = Path(__file__).parent / "broker"
ADMIN = "admin"
READY_WITHIN_S = 60.0
MEMORY = ("-Xms256m", "-Xmx384m", "-XX:+UseSerialGC")


class KafkaBroker(Server):
    """One broker on a free port of 127.0.0.1; its data live in a temporary folder, or in `folder`.

    Plain, or `secured`: SCRAM-SHA-512 users and ACLs, nothing allowed that no ACL allows.
    """

    def __init__(
        self, secured: bool = False, *, folder: Path | None = None, password: str | None = None
    ) -> None:
        """Nothing is fetched or started yet. A given `folder` is kept at the end.

        `password`: of the user `admin` on a secured broker; otherwise one is made up.
        """
        self.secured = secured
        self._own_folder = folder is None
        self.folder = folder or scratch_folder("kafka")
        self.port = free_port()
        self._controller_port = free_port()
        self._passwords = {ADMIN: password or secrets.token_hex(16)}
        self._process: KeptProcess | None = None

    @property
    def address(self) -> str:
        """`host:port`, as Kafka clients want it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """URL of the event log; on a secured broker with the user who may do everything."""
        return self.url_of(ADMIN) if self.secured else f"kafka://{self.address}"

    def url_of(self, user: str) -> str:
        """URL of the event log for a user made by `create_user`."""
        return f"kafka://{user}:{self._passwords[user]}@{self.address}"

    def start(self) -> None:
        """Fetch if needed, format if new, start, and return when the broker answers."""
        java, jars = fetching.java(), fetching.kafka_jars()
        properties = self.folder / "server.properties"
        properties.write_text(self._properties(), encoding="utf-8")
        if not (self.folder / "data").is_dir():
            self._format(java, jars, properties=properties)
        self._process = KeptProcess(
            [
                *(str(java), *MEMORY, f"-Dlog4j2.configurationFile={SETTINGS / 'log4j2.properties'}"),
                *("-cp", f"{jars}/*", "kafka.Kafka", str(properties)),
            ],
            self.folder / "broker.log",
            directory=self.folder,
            remove=self.folder if self._own_folder else None,
        )
        wait_ready(self._process, self._answers, what="Kafka", timeout_s=READY_WITHIN_S)

    def stop(self) -> None:
        """Stop the broker; its data go, unless they are in a folder that was given."""
        if self._process is not None:
            # a clean end takes seconds once groups exist, for data that go anyway
            (self._process.kill if self._own_folder else self._process.stop)()
            self._process = None
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """`kill -9` of the broker; its data stay."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        """Start again on the same data and port, after `kill` or instead of a running broker."""
        if self._process is not None:
            self._process.stop()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: the broker keeps its connections and answers nothing, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        self._signal(signal.SIGCONT)

    def create_user(self, name: str, password: str | None = None) -> str:
        """Create a user (or change the password) on a secured broker and return the user's URL."""
        password = password or secrets.token_hex(16)
        with self.admin() as admin:
            credential = UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
            refused = admin.alter_user_scram_credentials([credential])[name]
        if refused:
            raise RuntimeError(f"Kafka did not create the user {name}: {refused}")
        self._passwords[name] = password
        return self.url_of(name)

    def grant(self, acls: Iterable[ACL]) -> None:
        """Allow what the ACLs say (`infra.acl` derives those of our services from the contracts)."""
        with self.admin() as admin:
            outcome = admin.create_acls(list(acls))
        if outcome["failed"]:
            raise RuntimeError(f"Kafka refused ACLs: {outcome['failed']}")

    def clear(self) -> None:
        """Delete every topic and consumer group that is not Kafka's own."""
        with self.admin() as admin:
            topics = [name for name in admin.list_topics() if not name.startswith("__")]
            if topics:
                admin.delete_topics(topics)
            groups = [group["group_id"] for group in admin.list_groups()]
            if groups:
                admin.delete_groups(groups)

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """An admin client with all rights, closed at the end."""
        admin = KafkaAdminClient(bootstrap_servers=self.address, **self.client_options(ADMIN))
        try:
            yield admin
        finally:
            admin.close()

    def client_options(self, user: str) -> dict[str, Any]:
        """What a kafka-python client needs to sign in as `user`; empty on a plain broker."""
        if not self.secured:
            return {}
        return {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": self._passwords[user],
        }

    def _properties(self) -> str:
        names = {
            "protocol": "SASL_PLAINTEXT" if self.secured else "PLAINTEXT",
            "listen_host": "127.0.0.1",
            "host": "127.0.0.1",
            "port": str(self.port),
            "controller_port": str(self._controller_port),
            "data": str(self.folder / "data"),
            "admin": ADMIN,
            "password": self._passwords[ADMIN],
        }
        files = ["server.properties", *(["secured.properties"] if self.secured else [])]
        text = "\n".join((SETTINGS / name).read_text(encoding="utf-8") for name in files)
        return Template(text).substitute(names)

    def _format(self, java: Path, jars: Path, *, properties: Path) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [str(java), "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        command += ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)]
        if self.secured:
            credential = f"SCRAM-SHA-512=[name={ADMIN},password={self._passwords[ADMIN]}]"
            command += ["--add-scram", credential]
        outcome = subprocess.run(command, capture_output=True, text=True, cwd=self.folder)
        if outcome.returncode != 0:
            raise RuntimeError(f"Kafka could not format {self.folder}:\n{outcome.stdout}{outcome.stderr}")

    def _answers(self) -> bool:
        if not listening(self.port):
            return False
        try:
            with self.admin() as admin:
                return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)


def main() -> None:
    """Run a broker until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.kafka", description="Run a Kafka broker until Ctrl-C."
    )
    parser.add_argument("--secured", action="store_true", help="SCRAM users and ACLs")
    with KafkaBroker(parser.parse_args().secured) as broker:
        print(broker.url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping")


if __name__ == "__main__":
    main()
