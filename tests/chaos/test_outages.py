"""Servers killed under load and started again on the same data: nothing acknowledged is lost."""

from __future__ import annotations

from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer
from tests.chaos.way import Way


def test_a_kill_of_the_broker_under_load_loses_nothing_and_commands_go_on(
    production_way: Way, kafka: KafkaBroker
) -> None:
    process = production_way.start(commands=10_000, pause_s=0.05)
    production_way.until_acknowledged(40, process)
    kafka.kill()
    try:
        production_way.until_acknowledged(40, process)
    finally:
        kafka.restart()
    production_way.until_acknowledged(40, process)
    process.terminate()
    production_way.wait(process)
    assert not production_way.told().unknown
    assert production_way.check().commands == len(production_way.told().ok) > 120


def test_kills_of_the_database_under_load_lose_nothing_that_was_acknowledged(
    production_way: Way, postgres: PostgresServer
) -> None:
    process = production_way.start(commands=10_000, pause_s=0.05)
    for _ in range(2):
        production_way.until_acknowledged(50, process)
        postgres.kill()
        try:
            before = len(production_way.told().unknown)
            production_way.until(lambda: len(production_way.told().unknown) > before, process)  # noqa: B023
        finally:
            postgres.restart()
    process.terminate()
    production_way.wait(process)
    assert production_way.check().commands >= 100


def test_a_kill_of_everything_while_the_broker_is_away_loses_nothing(
    production_way: Way, kafka: KafkaBroker
) -> None:
    process = production_way.start(commands=10_000, pause_s=0.05)
    production_way.until_acknowledged(40, process)
    kafka.kill()
    try:
        production_way.until_acknowledged(40, process)
        process.kill()
        process.wait()
    finally:
        kafka.restart()
    production_way.live()
    assert production_way.check().commands >= 80
