"""Find a service by its name, in a process that runs only that one."""

from __future__ import annotations

import importlib

from shared.errors import NotFound
from shared.service.service import Service


def named_service(name: str) -> Service:
    """The `SERVICE` of `services.<name>.service`; raises `NotFound`."""
    try:
        module = importlib.import_module(f"services.{name}.service")
    except ModuleNotFoundError as fault:
        raise NotFound(f"Không có dịch vụ “{name}” trong bản cài đặt này.") from fault
    service = module.SERVICE
    assert isinstance(service, Service)  # noqa: S101 # the shape of every service room, held by a test
    return service
