"""The web process of one service in a province: `gunicorn 'shared.service.wsgi:application()'`.

`NOINGHE_SERVICE` names the service. A web process never holds a Kafka client: its relay is the worker's.
"""

from __future__ import annotations

import os

from flask import Flask

from shared.clock import SystemClock
from shared.errors import Invalid
from shared.service.named import named_service
from shared.settings import Settings
from shared.web.application import create_app
from shared.web.logs import configure_logging


def application() -> Flask:
    """The Flask application of the service that the environment names."""
    settings = Settings.load(os.environ)
    configure_logging(settings.log_level)
    if settings.service is None:
        raise Invalid("Cần đặt NOINGHE_SERVICE: tên dịch vụ mà tiến trình web này chạy.")
    service = named_service(settings.service)
    return create_app(service, service.open(settings, SystemClock()))
