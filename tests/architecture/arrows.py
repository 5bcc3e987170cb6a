"""The arrows between rooms, read from the source: which module imports which, and which may."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GROUND = frozenset({"shared.errors", "shared.clock", "shared.vietnamese"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "shared.errors": frozenset(),
    "shared.clock": frozenset({"shared.errors"}),
    "shared.vietnamese": frozenset(),
    "shared.settings": frozenset({"shared.errors"}),
    "shared.contracts": GROUND,
    "shared.database": GROUND | {"shared.settings"},
    "shared.reference": GROUND | {"shared.contracts"},
    "shared.messaging": GROUND | {"shared.settings", "shared.contracts", "shared.database"},
    "shared.files": GROUND | {"shared.settings", "shared.contracts", "shared.database", "shared.reference"},
}
"""Room -> rooms it may import. Rooms above follow below, because each may import all that stand lower."""

MAY_IMPORT["shared.web"] = frozenset(MAY_IMPORT)
MAY_IMPORT["shared.service"] = frozenset(MAY_IMPORT)

RIM = frozenset({"api", "pages", "handlers", "imports", "cli", "service"})
"""Modules at the rim of a service: they call commands and queries and are called by no other."""

CORE = frozenset({"commands", "queries"})


def imports_of(source: str) -> Iterator[str]:
    """Every module that a source text imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError("relative imports are not used here")
            yield from (f"{node.module}.{name.name}" for name in node.names)


def house() -> dict[str, list[str]]:
    """Imports of every module of `services` and `shared`."""
    found: dict[str, list[str]] = {}
    for path in sorted([*(ROOT / "shared").rglob("*.py"), *(ROOT / "services").rglob("*.py")]):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = list(imports_of(path.read_text(encoding="utf-8")))
    return found


def wrong_arrows(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Every import against the arrows, as `importer -> imported`."""
    return [
        f"{module} -> {target}"
        for module, targets in imports.items()
        for target in targets
        if target.split(".")[0] in ("shared", "services", "infra", "tests", "bench")
        and not is_allowed(module, target)
    ]


def is_allowed(module: str, target: str) -> bool:
    """Whether `module` may import `target` (both dotted)."""
    origin, goal = room(module), room(target)
    if goal.split(".")[0] in ("infra", "tests", "bench"):
        return False
    if origin == goal:
        return _is_allowed_inside(module, target)
    if origin.startswith("services.") and goal.startswith("services."):
        # Only the top modules know services; no service knows another.
        return origin in ("services.__main__", "services.demo")
    if origin.startswith("services."):
        return True
    return goal in MAY_IMPORT[origin] or goal == "shared"


def room(module: str) -> str:
    """`services.school` of `services.school.models`, `shared.web` of `shared.web.keys`."""
    return ".".join(module.split(".")[:2])


def _is_allowed_inside(module: str, target: str) -> bool:
    """Inside a service: rim -> commands, queries -> models and domain; nobody imports the wiring."""
    if not module.startswith("services.") or module.count(".") < 2 or target.count(".") < 2:
        return True
    importer, imported = module.split(".")[2], target.split(".")[2]
    if importer == "service":
        return True
    if imported == "service":
        return False
    if imported in RIM:
        return importer in RIM
    if imported in CORE:
        return importer in RIM | CORE or importer not in ("models", "schemas")
    return True
