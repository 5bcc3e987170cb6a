"""The bench runs and says what it should; how fast anything is, is never tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import flow, latency, measure, pupils
from bench.measure import Spread, Target
from bench.run import QUICK, Run
from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer


def test_a_quick_run_of_one_measure_prints_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    status = bench.main(["--quick", "--only", "latency-embedded"])
    shown = capsys.readouterr().out
    assert status in (0, 1)
    assert [cell.strip() for cell in shown.splitlines()[0].strip("|").split("|")] == list(measure.COLUMNS)
    assert "commit to projection at 500 events/s, embedded" in shown


def test_everything_written_arrives_over_a_broker_and_a_server(
    clean_kafka: KafkaBroker, postgres: PostgresServer
) -> None:
    with Run(QUICK) as run:
        run.kafka, run.postgres = clean_kafka, postgres
        (line,) = latency.measure_kafka(run)
    assert line.seen.startswith("p50 ")


def test_the_whole_card_is_written_only_by_a_whole_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--quick", "--write"])
    assert "--write is for a whole run" in capsys.readouterr().err


def test_only_the_generated_part_of_the_card_is_replaced(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text(f"before\n{bench.BEGIN}\nold\n{bench.END}\nafter\n", encoding="utf-8")
    bench.write_card(card, "new")
    assert card.read_text(encoding="utf-8") == f"before\n{bench.BEGIN}\n\nnew\n\n{bench.END}\nafter\n"
    assert bench.BEGIN in bench.CARD.read_text(encoding="utf-8")
    assert bench.END in bench.CARD.read_text(encoding="utf-8")


def test_a_ratio_is_taken_within_each_repetition() -> None:
    line = measure.compared("x", [50.0, 90.0, 40.0], [100.0, 100.0, 50.0], Target(0.65, 0.8))
    assert line.ratio == "0.8 (0.5–0.9)"
    assert line.verdict == "good"


def test_runs_take_turns() -> None:
    called: list[str] = []

    def noting(name: str) -> float:
        called.append(name)
        return 1.0

    found = measure.alternate(2, {"a": lambda: noting("a"), "b": lambda: noting("b")})
    assert called == ["a", "b", "a", "b"]
    assert found == {"a": [1.0, 1.0], "b": [1.0, 1.0]}


def test_a_limit_is_judged_from_above() -> None:
    target = Target(50, 15, more_is_better=False)
    assert [target.verdict(value) for value in (15, 16, 50, 51)] == ["good", "floor", "floor", "below floor"]


def test_a_percentile_is_a_value_that_was_seen() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [measure.percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50.0, 95.0, 99.0]
    assert measure.percentile([7.0], 0.5) == 7.0


def test_a_spread_of_equal_values_has_no_brackets() -> None:
    assert Spread.of([1.0, 1.0]).text() == "1"
    assert Spread.of([10_000.0, 30_000.0, 20_000.0]).text("events/s") == "20,000 events/s (10,000–30,000)"


def test_a_meter_leaves_out_the_warming_up_and_the_first_batch() -> None:
    moments = iter([0.0, 10.0, 12.0])
    told: list[float | None] = []
    meter = flow.Meter(warm=5, total=30, tell=told.append, clock=lambda: next(moments))
    for count in (5, 5, 20):
        meter.add(count)
        meter.committed()
    assert told == [None, 10.0]


def test_no_pupil_of_the_bench_can_exist() -> None:
    made = pupils.Pupils(1_000)
    rows = [row(place) for row in (made.completion, made.enrolment) for place in range(len(made))]
    numbers = {row["person_id"] for row in rows}
    assert {number[:3] for number in numbers} == {"000"}
    assert len(numbers) == len(made)
