"""Every setting of the house, read once from the environment into one frozen object.

`NOINGHE_DATA`: data folder of the embedded defaults (`./data`).
`NOINGHE_DATABASE_URL`: `postgresql://…`, one database with a schema per service, or `sqlite:///FOLDER`, a
file per service (SQLite in the data folder). `NOINGHE_DATABASE_URL_<SERVICE>`: the same for one service.
`NOINGHE_EVENT_LOG_URL`: `kafka://[user:password@]host:port[,host:port]` or `sqlite:///FILE` (SQLite in the
data folder). `NOINGHE_EVENT_LOG_URL_<SERVICE>`: the same for one service.
`NOINGHE_SERVICE`: the service that a web process of a province runs (none).
`NOINGHE_INSTANCE`: name of this replica, stable over restarts, for static group membership (host name).
`NOINGHE_LINKAGE_KEY`: 64 hexadecimal digits under which linkage seals personal numbers, the same for all its
replicas (a file `linkage.key` in the data folder, made at the first start).
`NOINGHE_LINK_PRECISION`: how large a share of automatic links must be right, from 0.5 to below 1 (`0.995`).
`NOINGHE_LOG_LEVEL`: `DEBUG`, `INFO`, `WARNING` or `ERROR` (`INFO`).

An unknown `NOINGHE_*` variable is an error at start: a typing mistake must not pass silently.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.errors import Invalid

_PLAIN = {
    "NOINGHE_DATA",
    "NOINGHE_DATABASE_URL",
    "NOINGHE_EVENT_LOG_URL",
    "NOINGHE_SERVICE",
    "NOINGHE_INSTANCE",
    "NOINGHE_LINKAGE_KEY",
    "NOINGHE_LINK_PRECISION",
    "NOINGHE_LOG_LEVEL",
}
_PER_SERVICE = ("NOINGHE_DATABASE_URL_", "NOINGHE_EVENT_LOG_URL_")
_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


class BadSetting(Invalid):
    """The environment holds something that cannot be meant."""

    code = "bad_setting"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decided; see the module's table. Secrets stay out of `repr`."""

    data_dir: Path
    instance: str
    service: str | None = None
    log_level: str = "INFO"
    linkage_key: str | None = field(default=None, repr=False)
    link_precision: float = 0.995
    _urls: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, environ: Mapping[str, str], *, data_dir: Path | None = None) -> Settings:
        """Read the environment; `data_dir` (from the command line) wins over `NOINGHE_DATA`.

        Raises `BadSetting` for an unknown variable or an impossible value.
        """
        ours = {name: value for name, value in environ.items() if name.startswith("NOINGHE_")}
        for name in ours:
            if name not in _PLAIN and not name.startswith(_PER_SERVICE):
                raise BadSetting(f"Biến môi trường {name} không có; xem danh sách trong shared/settings.py.")
        level = ours.get("NOINGHE_LOG_LEVEL", "INFO").upper()
        if level not in _LEVELS:
            raise BadSetting(f"NOINGHE_LOG_LEVEL phải là một trong {', '.join(sorted(_LEVELS))}.")
        return cls(
            data_dir=(data_dir or Path(ours.get("NOINGHE_DATA", "data"))).absolute(),
            instance=ours.get("NOINGHE_INSTANCE") or socket.gethostname(),
            service=ours.get("NOINGHE_SERVICE"),
            log_level=level,
            linkage_key=ours.get("NOINGHE_LINKAGE_KEY") or None,
            link_precision=_share("NOINGHE_LINK_PRECISION", ours.get("NOINGHE_LINK_PRECISION") or "0.995"),
            _urls={name: value for name, value in ours.items() if "_URL" in name},
        )

    def database_url(self, service: str) -> str:
        """URL of the database of a service (SQLite: of the folder that holds its file)."""
        return self._url("NOINGHE_DATABASE_URL", service) or f"sqlite:///{self.data_dir}"

    def event_log_url(self, service: str) -> str:
        """URL of the event log as a service sees it (on Kafka with its own user)."""
        return self._url("NOINGHE_EVENT_LOG_URL", service) or f"sqlite:///{self.data_dir / 'event-log.db'}"

    def is_embedded(self, service: str) -> bool:
        """Whether a file of one machine is involved, which only one process may write."""
        urls = (self.database_url(service), self.event_log_url(service))
        return any(url.startswith("sqlite:") for url in urls)

    def _url(self, name: str, service: str) -> str | None:
        return self._urls.get(f"{name}_{service.upper()}") or self._urls.get(name)


def _share(name: str, text: str) -> float:
    """A share of at least one half; a comma may stand for the point."""
    try:
        share = float(text.replace(",", "."))
    except ValueError:
        share = 0.0
    if not 0.5 <= share < 1:
        raise BadSetting(f"{name} phải là một số từ 0,5 đến dưới 1, ví dụ 0.995.")
    return share
