"""Reads what our own services are in docker-compose.yml and infra/Dockerfile, the truth of a deployment.

The file goes through the real Compose (`docker-compose config`), so anchors, merges and variables mean here
what they mean there. Of the Dockerfile only FROM, ARG and COPY are read.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COMPOSE_FILE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "infra" / "Dockerfile"
EXAMPLE = ROOT / "infra" / "example.env"
COMPLETED = "service_completed_successfully"


class BadComposeFile(RuntimeError):
    """Compose refuses the file, or it asks for something that this reader does not know."""


@dataclass(frozen=True, slots=True)
class OurService:
    """One of our own processes as docker-compose.yml describes it.

    `needs`: names that must be up, or for jobs done, before. `copies`: (path in the tree, path in the
    image) of everything that its image holds. `is_job`: it runs to its end once.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    needs: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    is_job: bool


def resolved(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file as Compose understands it, with these variables in place of an .env file."""
    command = [str(Path(sys.executable).parent / "docker-compose"), "-f", str(COMPOSE_FILE)]
    command += ["--env-file", "/dev/null", "config", "--format", "json"]
    outcome = subprocess.run(command, capture_output=True, text=True, env=dict(variables), cwd=ROOT)
    if outcome.returncode != 0 or not outcome.stdout:  # the wheel's launcher swallows the exit status
        raise BadComposeFile(outcome.stderr.strip())
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def our_services(variables: Mapping[str, str]) -> list[OurService]:
    """Our services, each after everything of ours that it needs."""
    described = {
        name: service for name, service in resolved(variables)["services"].items() if "build" in service
    }
    awaited = {
        needed
        for service in described.values()
        for needed, how in service.get("depends_on", {}).items()
        if how["condition"] == COMPLETED
    }
    found = {name: _our_service(name, service, name in awaited) for name, service in described.items()}
    return list(_in_order(found))


def example_variables() -> dict[str, str]:
    """The variables that the file asks for, with the values of infra/example.env."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def copies_of(target: str, arguments: Mapping[str, str]) -> list[tuple[str, str]]:
    """(path in the tree, path in the image) of each COPY of the Dockerfile's target, inherited ones too."""
    stages = _stages(DOCKERFILE.read_text(encoding="utf-8"))
    copies: list[tuple[str, str]] = []
    stage: str | None = target
    while stage in stages:
        base, own = stages[stage]
        copies = own + copies
        stage = base
    return [(_filled(source, arguments), _filled(place, arguments)) for source, place in copies]


def _our_service(name: str, described: Mapping[str, Any], is_job: bool) -> OurService:
    build = described["build"]
    return OurService(
        name=name,
        command=tuple(described["command"]),
        environment={key: value or "" for key, value in described.get("environment", {}).items()},
        needs=tuple(described.get("depends_on", {})),
        copies=tuple(copies_of(build["target"], build.get("args", {}))),
        is_job=is_job,
    )


def _in_order(services: Mapping[str, OurService]) -> Iterator[OurService]:
    done: set[str] = set()

    def with_needs(service: OurService) -> Iterator[OurService]:
        if service.name in done:
            return
        done.add(service.name)
        for needed in service.needs:
            if needed in services:
                yield from with_needs(services[needed])
        yield service

    for service in services.values():
        yield from with_needs(service)


def _stages(text: str) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    stages: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    copies: list[tuple[str, str]] = []
    for line in text.splitlines():
        if opened := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            copies = []
            stages[opened.group(2)] = (opened.group(1), copies)
        elif copied := re.fullmatch(r"COPY (\S+) (\S+)", line):
            copies.append((copied.group(1), copied.group(2)))
        elif line.startswith(("COPY", "ADD", "FROM")):
            raise BadComposeFile(f"a line of the Dockerfile that this reader does not know: {line}")
    return stages


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    for name, value in arguments.items():
        text = text.replace(f"${{{name}}}", value)
    return text
