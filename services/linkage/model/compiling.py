"""Compiles a settings document to one Python function that scores a pair of records.

The function is generated from the document's own conditions, so there is no second description of the model.
Its source walks the comparisons in order, each an early exit down its levels; columns are read once into
locals, log2 Bayes factors are constants, and an edit distance that several levels ask for is computed once.
SQL's three-valued truth is kept: a condition compiles to "is true" and, under NOT, to "is false".
`Scorer.source` shows what runs. The weights equal those of Splink's `predict` (property test).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, log2
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein

from services.linkage.features import Features
from services.linkage.model.conditions import (
    OPPOSITE,
    Absolute,
    And,
    Column,
    Compare,
    Condition,
    Constant,
    Distance,
    IsNull,
    Not,
    Or,
    Overlap,
    Sum,
    Term,
    columns_of,
    distances_in,
    repeated_distances,
)
from services.linkage.model.document import Comparison, Document, TermFrequency
from services.linkage.model.frequencies import Frequencies

_PYTHON = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_BEYOND = 1 << 30
_NAME = "name"


class Scored(NamedTuple):
    """What a pair weighs.

    `weight_bits`: the match weight, prior included. `levels`: Splink's gamma per comparison, in the order of
    `COMPARISONS`; -1 is null. `name_tf_bits`: the part of the weight that the rarity of the name gives.
    """

    weight_bits: float
    levels: tuple[int, ...]
    name_tf_bits: float


class Scorer:
    """Scores pairs under one document and one set of frequency tables.

    `score(left, right)` is symmetric for the shipped document. `source` is the generated Python.
    """

    def __init__(self, document: Document, frequencies: Frequencies) -> None:
        self.document = document
        self.frequencies = frequencies
        self.source = generate(document)
        scope: dict[str, Any] = {"Scored": Scored, "distance": Levenshtein.distance, "inf": inf}
        for column in document.frequency_columns:
            table = frequencies.tables[column]
            scope[f"bits_{column}"] = table.bits.get
            scope[f"floor_{column}"] = table.floor_bits
        exec(compile(self.source, f"<model {document.version}>", "exec"), scope)  # noqa: S102 own generated source
        self.score: Callable[[Features, Features], Scored] = scope["score"]


def generate(document: Document) -> str:
    """The source of `score(left, right)`."""
    lines = ["def score(left, right):"]
    read: set[str] = set()
    lines.append(f"    weight = {document.prior_bits!r}")
    lines.append("    name_tf = 0.0")
    for number, comparison in enumerate(document.comparisons):
        lines.append(f"    # {comparison.name}")
        lines.extend("    " + line for line in _Block(comparison, number, read).lines())
    gammas = ", ".join(f"g{number}" for number in range(len(document.comparisons)))
    lines.append(f"    return Scored(weight, ({gammas},), name_tf)")
    return "\n".join(lines) + "\n"


class _Block:
    """Generates the code of one comparison: `while True:` with a `break` after the level that holds."""

    def __init__(self, comparison: Comparison, number: int, read: set[str]) -> None:
        self._comparison = comparison
        self._gamma = f"g{number}"
        self._read = read
        self._known: set[Column] = set()
        conditions = [level.condition for level in comparison.levels if level.condition]
        self._repeated = repeated_distances(conditions)
        self._computed: dict[Distance, str] = {}

    def lines(self) -> list[str]:
        found: list[str] = []
        columns = {
            column
            for level in self._comparison.levels
            for column in _columns_of_level(level.condition, level.frequency)
        }
        for column in sorted(columns, key=lambda c: (c.name, c.side)):
            local = _local(column)
            if local not in self._read:
                self._read.add(local)
                record = "left" if column.side == "l" else "right"
                found.append(f"{local} = {record}.{column.name}")
        found.append("while True:")
        for level in self._comparison.levels:
            body = [f"{self._gamma} = {level.value}"]
            if level.bits:
                body.append(f"weight += {level.bits!r}")
            indent = "    "
            if level.condition is not None:
                found.extend(indent + line for line in self._distances(level.condition))
                found.append(f"{indent}if {self._true(level.condition, set(self._known))}:")
                indent = "        "
            if level.frequency is not None:
                body.extend(self._rarity(level.frequency, level.condition))
            found.extend(indent + line for line in [*body, "break"])
            if level.condition is not None:
                self._known |= _not_null_if_false(level.condition)
        return found

    def _distances(self, condition: Condition) -> list[str]:
        """Assignments for the repeated distances that this level is the first to ask for."""
        found = []
        for distance, _ in distances_in(condition):
            if distance in self._computed or distance not in self._repeated:
                continue
            local = f"d{self._gamma[1:]}_{len(self._computed)}"
            self._computed[distance] = local
            cutoff = self._repeated[distance]
            limit = f", score_cutoff={cutoff}" if cutoff is not None else ""
            call = f"distance({_local(distance.left)}, {_local(distance.right)}{limit})"
            guards = self._guards((distance.left, distance.right), self._known)
            if guards:
                call = f"{call} if {' and '.join(guards)} else {_BEYOND}"
            found.append(f"{local} = {call}")
        return found

    def _rarity(self, frequency: TermFrequency, condition: Condition | None) -> list[str]:
        """Adds `weight * (log2 u - log2 tf)`, tf the greater of both sides (Splink: `_tf_adjustment_sql`)."""
        column = frequency.column
        left, right = _local(Column(column, "l")), _local(Column(column, "r"))
        found = []
        if condition is not None and _says_equal(condition, column):
            found.append(f"bits = bits_{column}({left}, floor_{column})")
        else:
            found.append(f"bits = inf if {left} is None else bits_{column}({left}, floor_{column})")
            found.append(f"if {right} is not None:")
            found.append(f"    bits = min(bits, bits_{column}({right}, floor_{column}))")
        if frequency.minimum > 0:
            found.append(f"if bits != inf: bits = min(bits, {-log2(frequency.minimum)!r})")
        value = f"{frequency.weight!r} * ({frequency.log2_u!r} + bits)"
        found.append(f"bits = 0.0 if bits == inf else {value}")
        found.append("weight += bits")
        if self._comparison.name == _NAME:
            found.append("name_tf = bits")
        return found

    def _guards(self, columns: Iterable[Column], known: set[Column]) -> list[str]:
        return [f"{_local(c)} is not None" for c in dict.fromkeys(columns) if c not in known]

    def _true(self, node: Condition, known: set[Column]) -> str:
        """A Python expression that is true where the condition is true; `known` columns are not null."""
        match node:
            case IsNull(column=column):
                return "False" if column in known else f"{_local(column)} is None"
            case Not(part=part):
                return self._false(part, known)
            case And(parts=parts):
                found = []
                for part in parts:
                    found.append(f"({self._true(part, known)})")
                    known = known | _not_null_if_true(part)
                return " and ".join(found)
            case Or(parts=parts):
                found = []
                for part in parts:
                    found.append(f"({self._true(part, known)})")
                    known = known | _not_null_if_false(part)
                return " or ".join(found)
            case Overlap(left=left, right=right):
                test = f"not set({_local(left)}).isdisjoint({_local(right)})"
                return " and ".join([*self._guards((left, right), known), test])
            case Compare():
                return self._compare(node, node.operator, known)

    def _false(self, node: Condition, known: set[Column]) -> str:
        """A Python expression that is true where the condition is false (neither true nor unknown)."""
        match node:
            case IsNull(column=column):
                return "True" if column in known else f"{_local(column)} is not None"
            case Not(part=part):
                return self._true(part, known)
            case And(parts=parts):
                return " or ".join(f"({self._false(part, known)})" for part in parts)
            case Or(parts=parts):
                return " and ".join(f"({self._false(part, known)})" for part in parts)
            case Overlap(left=left, right=right):
                test = f"set({_local(left)}).isdisjoint({_local(right)})"
                return " and ".join([*self._guards((left, right), known), test])
            case Compare():
                return self._compare(node, OPPOSITE[node.operator], known)

    def _compare(self, node: Compare, operator: str, known: set[Column]) -> str:
        test = f"{self._term(node.left, node)} {_PYTHON[operator]} {self._term(node.right, node)}"
        columns = list(columns_of(node))
        if operator == "=" and isinstance(node.left, Column) and isinstance(node.right, Column):
            columns = [] if set(columns) & known else columns[:1]  # equal to something: not null either
        return " and ".join([*self._guards(columns, known), test])

    def _term(self, term: Term, inside: Compare) -> str:
        match term:
            case Column():
                return _local(term)
            case Constant(value=value):
                return repr(value)
            case Absolute(term=inner):
                return f"abs({self._term(inner, inside)})"
            case Sum(left=left, sign=sign, right=right):
                return f"({self._term(left, inside)} {sign} {self._term(right, inside)})"
            case Distance(left=left, right=right):
                if term in self._computed:
                    return self._computed[term]
                cutoff = dict(distances_in(inside))[term]
                limit = f", score_cutoff={cutoff}" if cutoff is not None else ""
                return f"distance({_local(left)}, {_local(right)}{limit})"


def _local(column: Column) -> str:
    return f"{column.name}_{column.side}"


def _columns_of_level(condition: Condition | None, frequency: TermFrequency | None) -> Iterable[Column]:
    if condition is not None:
        yield from columns_of(condition)
    if frequency is not None:
        yield from (Column(frequency.column, "l"), Column(frequency.column, "r"))


def _says_equal(condition: Condition, column: str) -> bool:
    """Whether the condition can hold only where both records have the same value in the column."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    sides = {Column(column, "l"), Column(column, "r")}
    return any(
        isinstance(part, Compare) and part.operator == "=" and {part.left, part.right} == sides
        for part in parts
    )


def _not_null_if_true(condition: Condition) -> set[Column]:
    match condition:
        case Compare() | Overlap():
            return set(columns_of(condition))
        case And(parts=parts):
            return set().union(*(_not_null_if_true(part) for part in parts))
        case Not(part=part):
            return _not_null_if_false_strictly(part)
        case _:
            return set()


def _not_null_if_false_strictly(condition: Condition) -> set[Column]:
    """The columns that are not null where the condition is false, not unknown."""
    match condition:
        case Compare() | Overlap():
            return set(columns_of(condition))
        case _:
            return _not_null_if_false(condition)


def _not_null_if_false(condition: Condition) -> set[Column]:
    """The columns that are not null where the condition is not true (false or unknown)."""
    match condition:
        case IsNull(column=column):
            return {column}
        case Or(parts=parts):
            return set().union(*(_not_null_if_false(part) for part in parts))
        case _:
            return set()
