from __future__ import annotations

import pytest

from tests.architecture.arrows import MAY_IMPORT, house, imports_of, is_allowed, room, wrong_arrows

OUTSIDE_DOMAIN = ("flask", "flask_smorest", "sqlalchemy", "shared.database", "shared.web", "shared.clock")
DOMAIN = {
    "services.indicators.cohort",
    "services.indicators.definitions",
    "services.indicators.destination",
    "services.indicators.plan",
    "services.indicators.units",
    "services.linkage.clusters.component",
    "services.linkage.clusters.deciding",
    "services.linkage.clusters.facts",
    "services.linkage.clusters.parts",
    "services.linkage.clusters.policy",
    "services.linkage.evidence.axes",
    "services.linkage.evidence.evidence",
    "services.linkage.evidence.rivals",
    "services.linkage.evidence.signs",
    "services.linkage.evidence.table",
    "services.linkage.features",
    "services.linkage.model.apart",
    "services.linkage.model.batch",
    "services.linkage.model.blocking",
    "services.linkage.model.compiling",
    "services.linkage.model.conditions",
    "services.linkage.model.document",
    "services.linkage.model.frequencies",
    "services.linkage.model.pairing",
    "services.linkage.places",
    "services.linkage.repair",
    "services.linkage.repair.births",
    "services.linkage.repair.charsets",
    "services.linkage.repair.keystrokes",
    "services.linkage.repair.letters",
    "services.linkage.repair.lexicon",
    "services.linkage.repair.names",
    "services.linkage.repair.numbers",
    "services.linkage.repair.record",
    "services.linkage.repair.syllables",
    "services.linkage.repair.villages",
    "services.linkage.repair.words",
    "services.linkage.union",
    "services.linkage.words",
    "services.linkage.quality",
}
"""The part that an expert reads: pure Python."""


def test_imports_follow_the_arrows() -> None:
    assert wrong_arrows(house()) == []


def test_every_shared_room_has_its_place_in_the_order() -> None:
    rooms = {room(module) for module in house() if module.startswith("shared.")}
    assert rooms - set(MAY_IMPORT) == set()


def test_domain_modules_know_no_database_no_web_and_no_clock() -> None:
    imports = house()
    assert DOMAIN - set(imports) == set()
    assert [
        f"{module} -> {target}"
        for module in sorted(DOMAIN)
        for target in imports[module]
        if target.startswith(OUTSIDE_DOMAIN)
    ] == []


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("services.school.commands", "services.vocational.models.Institution"),
        ("services.school.api", "services.__main__.SERVICES"),
        ("shared.web.keys", "shared.service.house.House"),
        ("shared.web.keys", "services.school.models.Base"),
        ("shared.messaging.relay", "shared.web.keys.Key"),
        ("shared.messaging.relay", "shared.files.layout.Layout"),
        ("shared.files.importing", "shared.messaging.outbox.publish"),
        ("shared.database.bulk", "shared.contracts.Event"),
        ("shared.contracts.base", "shared.settings.Settings"),
        ("shared.errors", "shared.clock.Clock"),
        ("services.school.commands", "services.school.api.blueprint"),
        ("services.school.commands", "services.school.handlers.HANDLERS"),
        ("services.school.models", "services.school.commands.save"),
        ("services.school.imports", "services.school.service.SERVICE"),
        ("shared.database.engines", "infra.kafka.start"),
        ("services.school.commands", "tests.conftest.x"),
    ],
)
def test_an_arrow_the_wrong_way_is_seen(module: str, target: str) -> None:
    assert not is_allowed(module, target)
    assert wrong_arrows({module: [target]}) == [f"{module} -> {target}"]


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("services.school.api", "services.school.commands.save"),
        ("services.school.service", "services.school.api.blueprints"),
        ("services.school.commands", "shared.messaging.outbox.publish"),
        ("services.__main__", "services.school.service.SERVICE"),
        ("shared.service.house", "shared.messaging.relay.Relay"),
        ("shared.web.resources", "shared.files.importing.Kind"),
    ],
)
def test_an_arrow_the_right_way_is_allowed(module: str, target: str) -> None:
    assert is_allowed(module, target)


def test_all_forms_of_import_are_read() -> None:
    source = "import a.b\nfrom c import d as e\nif True:\n    def f():\n        from g.h import i, j\n"
    assert list(imports_of(source)) == ["a.b", "c.d", "g.h.i", "g.h.j"]
