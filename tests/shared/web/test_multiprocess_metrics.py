from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COUNT = """
from shared.web.metrics import Metrics
metrics = Metrics()
metrics.requests.labels("s", "GET", "/", "200").inc()
metrics.duration.labels("s", "GET", "/").observe(0.2)
print(metrics.exposition([]).decode())
"""


def test_several_processes_are_added_up(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for expected in ("1.0", "2.0"):
        text = subprocess.run(
            [sys.executable, "-c", COUNT], env=environment, check=True, capture_output=True, text=True
        ).stdout
        line = next(line for line in text.splitlines() if line.startswith("noinghe_http_requests_total{"))
        assert line.endswith(f" {expected}")
        assert text.count("# TYPE noinghe_http_request_duration_seconds histogram") == 1
