"""The catalogue of what goes wrong: every kind of corruption with its rates. To add one, add a row.

A rate is the share of rows (`Scope.ROW`) or of whole lists (`Scope.LIST`) that are tried; what cannot change
a row (the marker of somebody without one) does not, and is not counted. Rates stand per source in the order
leavers, learners, hired, for normal and dirty intensity; in a clean population all are 0 but those of empty
cells. They are orders of magnitude, no measurements: see the data sheet, and `--habits` for other ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.linkage.population import fields, spelling, structure
from bench.linkage.population.spelling import Corruptor, everywhere, here_and_there

Rates = tuple[float, float, float]
"""Leavers, learners, hired."""


class Intensity(StrEnum):
    """How bad the sources are."""

    CLEAN = "clean"
    NORMAL = "normal"
    DIRTY = "dirty"


class Scope(StrEnum):
    """Whether chance falls on rows or on whole lists."""

    ROW = "row"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of corruption. `clean` is 0 but for cells that are always missing somewhere."""

    name: str
    corrupt: Corruptor
    normal: Rates
    dirty: Rates
    scope: Scope = Scope.ROW
    clean: Rates = (0.0, 0.0, 0.0)

    def rate(self, intensity: Intensity, source: int) -> float:
        """The base rate in a source (0 leavers, 1 learners, 2 hired)."""
        rates = {Intensity.CLEAN: self.clean, Intensity.NORMAL: self.normal, Intensity.DIRTY: self.dirty}
        return rates[intensity][source]


_LIST = Scope.LIST

MISSING = (
    Kind(
        "person_id_missing",
        fields.missing("person_id"),
        (0.34, 0.46, 0.40),
        (0.52, 0.66, 0.60),
        clean=(0.10, 0.15, 0.15),
    ),
    Kind("dob_missing", fields.missing("dob"), (0.003, 0.01, 0.02), (0.015, 0.04, 0.06)),
    Kind("sex_missing", fields.missing("sex"), (0.01, 0.02, 0.03), (0.03, 0.06, 0.10)),
    Kind(
        "people_missing",
        fields.missing("ethnic_code"),
        (0.03, 0.30, 0.55),
        (0.10, 0.45, 0.75),
        clean=(0.0, 0.2, 0.5),
    ),
    Kind(
        "commune_missing",
        fields.missing("residence_code"),
        (0.03, 0.15, 0.25),
        (0.10, 0.30, 0.42),
        clean=(0.0, 0.05, 0.1),
    ),
    Kind(
        "village_missing",
        fields.missing("village"),
        (0.08, 0.38, 0.52),
        (0.20, 0.55, 0.70),
        clean=(0.0, 0.2, 0.3),
    ),
    Kind(
        "student_id_missing",
        fields.missing("student_id"),
        (0.25, 0.72, 0.985),
        (0.45, 0.85, 0.995),
        clean=(0.05, 0.5, 0.97),
    ),
    Kind(
        "mother_missing",
        fields.missing("mother_name"),
        (0.25, 0.55, 0.88),
        (0.42, 0.70, 0.94),
        clean=(0.05, 0.3, 0.8),
    ),
    Kind(
        "father_missing",
        fields.missing("father_name"),
        (0.30, 0.58, 0.90),
        (0.48, 0.72, 0.95),
        clean=(0.08, 0.3, 0.8),
    ),
    Kind(
        "phone_missing",
        fields.missing("phone"),
        (0.30, 0.25, 0.15),
        (0.48, 0.40, 0.30),
        clean=(0.10, 0.10, 0.05),
    ),
)
"""Cells left empty."""

STRUCTURE = (
    Kind("other_name", structure.other_name, (0.0027, 0.0054, 0.0108), (0.0135, 0.0216, 0.0324)),
    Kind("middle_dropped", structure.middle_dropped, (0.0108, 0.0203, 0.0405), (0.0473, 0.081, 0.1215)),
    Kind("middle_abbreviated", structure.middle_abbreviated, (0.0054, 0.0162, 0.027), (0.027, 0.054, 0.081)),
    Kind("family_abbreviated", structure.family_abbreviated, (0.001, 0.002, 0.004), (0.005, 0.01, 0.02)),
    Kind("given_alone", structure.given_alone, (0.0007, 0.0014, 0.0054), (0.0041, 0.0081, 0.0162)),
    Kind("marker_dropped", structure.marker_dropped, (0.01, 0.03, 0.06), (0.05, 0.10, 0.16)),
    Kind("marker_wrong", structure.marker_wrong, (0.001, 0.002, 0.003), (0.006, 0.01, 0.01)),
    Kind("clan_moved", structure.clan_moved, (0.03, 0.06, 0.10), (0.12, 0.18, 0.25)),
    Kind("order_swapped", structure.order_swapped, (0.0027, 0.0068, 0.0135), (0.0162, 0.0338, 0.054)),
)
"""Parts of the name; before the name is written."""

WRITING = (
    Kind("honorific", structure.honorific, (0.001, 0.003, 0.008), (0.006, 0.012, 0.025)),
    Kind("parents_abbreviated", structure.parents_abbreviated, (0.01, 0.03, 0.03), (0.05, 0.10, 0.10)),
    Kind("parents_swapped", structure.parents_swapped, (0.004, 0.008, 0.008), (0.02, 0.03, 0.03)),
    Kind("guardian_instead", structure.guardian_instead, (0.008, 0.012, 0.01), (0.025, 0.035, 0.03)),
    Kind("slip", here_and_there(spelling.slip_text), (0.0081, 0.0162, 0.0243), (0.0405, 0.0675, 0.0945)),
    Kind(
        "sound_alike",
        here_and_there(spelling.sound_alike_text),
        (0.0108, 0.0189, 0.027),
        (0.0473, 0.0743, 0.1013),
    ),
    Kind(
        "one_tone", here_and_there(spelling.one_tone_text), (0.0081, 0.0135, 0.0189), (0.0338, 0.054, 0.0675)
    ),
    Kind(
        "marks_lost_in_word",
        here_and_there(spelling.unmarked_word_text),
        (0.0054, 0.0108, 0.0135),
        (0.027, 0.0405, 0.054),
    ),
    Kind("i_for_y", everywhere(spelling.i_for_y_text), (0.05, 0.06, 0.06), (0.10, 0.12, 0.12), _LIST),
    Kind("new_tone_style", everywhere(spelling.new_tone_text), (0.25, 0.30, 0.30), (0.35, 0.40, 0.40), _LIST),
    Kind("d_for_stroke", everywhere(spelling.d_for_stroke_text), (0.002, 0.004, 0.008), (0.01, 0.02, 0.03)),
    Kind("eth_for_stroke", everywhere(spelling.eth_text), (0.02, 0.03, 0.04), (0.06, 0.08, 0.10), _LIST),
    Kind("apostrophe", here_and_there(spelling.apostrophe_text), (0.15, 0.20, 0.25), (0.35, 0.40, 0.45)),
    Kind("telex", here_and_there(spelling.telex_text), (0.001, 0.003, 0.004), (0.008, 0.015, 0.02)),
    Kind("vni_keys", here_and_there(spelling.vni_keys_text), (0.0005, 0.001, 0.002), (0.004, 0.006, 0.01)),
    Kind("joined", here_and_there(spelling.joined_text), (0.0041, 0.0081, 0.0108), (0.0203, 0.0338, 0.0405)),
    Kind("spaces", here_and_there(spelling.spaces_text), (0.02, 0.03, 0.03), (0.06, 0.08, 0.08)),
    Kind("village_otherwise", fields.village_otherwise, (0.06, 0.16, 0.22), (0.18, 0.32, 0.40)),
    Kind("village_of_neighbour", fields.village_of_neighbour, (0.004, 0.008, 0.01), (0.02, 0.03, 0.03)),
    Kind("lower_case", everywhere(spelling.lower_text), (0.003, 0.008, 0.01), (0.015, 0.02, 0.03), _LIST),
    Kind("upper_case", everywhere(spelling.upper_text), (0.10, 0.12, 0.10), (0.18, 0.20, 0.18), _LIST),
    Kind("marks_dropped", everywhere(spelling.unmarked_text), (0.01, 0.02, 0.05), (0.06, 0.10, 0.16), _LIST),
    Kind("tcvn3", everywhere(spelling.tcvn3_text), (0.004, 0.004, 0.004), (0.025, 0.02, 0.02), _LIST),
    Kind("vni_font", everywhere(spelling.vni_font_text), (0.002, 0.002, 0.002), (0.01, 0.01, 0.01), _LIST),
    Kind("nfd", everywhere(spelling.nfd_text), (0.02, 0.03, 0.03), (0.06, 0.06, 0.06), _LIST),
)
"""Texts, from what is heard to how it is encoded."""

FIELDS = (
    Kind(
        "birth_day_and_month_swapped",
        fields.birth_day_and_month_swapped,
        (0.0041, 0.0108, 0.0162),
        (0.0203, 0.0405, 0.0607),
    ),
    Kind("birth_one_digit", fields.birth_one_digit, (0.0054, 0.0121, 0.0162), (0.0243, 0.0473, 0.0607)),
    Kind("birth_year_beside", fields.birth_year_beside, (0.0027, 0.0068, 0.0108), (0.0135, 0.027, 0.0405)),
    Kind("birth_day_beside", fields.birth_day_beside, (0.001, 0.002, 0.002), (0.005, 0.008, 0.008)),
    Kind(
        "birth_first_of_january",
        fields.birth_first_of_january,
        (0.0027, 0.0081, 0.0162),
        (0.0203, 0.0405, 0.0675),
    ),
    Kind("birth_year_only", fields.birth_year_only, (0.0027, 0.0081, 0.0203), (0.0162, 0.0405, 0.081)),
    Kind("birth_impossible", fields.birth_impossible, (0.0005, 0.001, 0.002), (0.004, 0.008, 0.01)),
    Kind("birth_serial_number", fields.birth_serial_number, (0.01, 0.015, 0.015), (0.03, 0.04, 0.04), _LIST),
    Kind("birth_vietnamese", fields.birth_vietnamese, (0.50, 0.50, 0.50), (0.60, 0.60, 0.60), _LIST),
    Kind("number_of_another", fields.number_of_another, (0.0008, 0.0015, 0.002), (0.004, 0.007, 0.008)),
    Kind("number_one_digit", fields.number_one_digit, (0.004, 0.008, 0.01), (0.02, 0.03, 0.04)),
    Kind("number_digits_swapped", fields.number_digits_swapped, (0.002, 0.004, 0.005), (0.01, 0.015, 0.02)),
    Kind("number_zeros_lost", fields.number_zeros_lost, (0.06, 0.08, 0.08), (0.15, 0.18, 0.18), _LIST),
    Kind("number_spaced", fields.number_spaced, (0.01, 0.02, 0.02), (0.03, 0.04, 0.04)),
    Kind("phone_of_another", fields.phone_of_another, (0.01, 0.01, 0.005), (0.03, 0.03, 0.02)),
    Kind("phone_changed", fields.phone_changed, (0.0, 0.08, 0.15), (0.05, 0.15, 0.25)),
    Kind("phone_one_digit", fields.phone_one_digit, (0.005, 0.008, 0.008), (0.02, 0.03, 0.03)),
    Kind("phone_written_otherwise", fields.phone_written_otherwise, (0.05, 0.08, 0.10), (0.12, 0.15, 0.20)),
    Kind("student_id_one_digit", fields.student_one_digit, (0.003, 0.012, 0.02), (0.015, 0.04, 0.05)),
    Kind("commune_of_other_era", fields.commune_of_other_era, (0.02, 0.06, 0.08), (0.08, 0.16, 0.20)),
    Kind("commune_of_neighbour", fields.commune_of_neighbour, (0.008, 0.012, 0.015), (0.03, 0.04, 0.05)),
    Kind("sex_wrong", fields.sex_wrong, (0.002, 0.004, 0.006), (0.01, 0.015, 0.02)),
    Kind("sex_in_words", fields.sex_in_words, (0.40, 0.40, 0.40), (0.50, 0.50, 0.50), _LIST),
    Kind("people_wrong", fields.people_wrong, (0.003, 0.006, 0.006), (0.015, 0.02, 0.02)),
    Kind("people_by_name", fields.people_by_name, (0.20, 0.25, 0.25), (0.30, 0.35, 0.35), _LIST),
)
"""Dates, numbers, places and the rest."""

KINDS = (*MISSING, *STRUCTURE, *WRITING, *FIELDS)
"""All, in the order in which they are applied."""
