"""The SQL condition of a comparison level, as a small tree that both compilers read.

sqlglot parses the text; only what runs alike in DuckDB and Spark SQL is let through: AND, OR, NOT, IS NULL,
comparisons, `levenshtein`, the overlap of two lists, `abs`, + and -, columns `name_l` and `name_r`, whole
numbers and texts. Everything else is refused by name. Truth is SQL's: three-valued, a level holds where its
condition is true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import expressions as sql

from shared.errors import Invalid


class BadCondition(Invalid):
    """A condition that cannot be read, or uses what is not allowed."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one of the two records; `side` is "l" or "r"."""

    name: str
    side: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A whole number or a text."""

    value: int | str


@dataclass(frozen=True, slots=True)
class Distance:
    """The Levenshtein distance of two ASCII texts."""

    left: Column
    right: Column


@dataclass(frozen=True, slots=True)
class Absolute:
    """The absolute value of a term."""

    term: Term


@dataclass(frozen=True, slots=True)
class Sum:
    """`left + right`, or `left - right` where `sign` is "-"."""

    left: Term
    sign: str
    right: Term


Term = Column | Constant | Distance | Absolute | Sum


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`; unknown where a column in it is null. Operators: = <> < <= > >=."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Overlap:
    """Whether two lists share an element; unknown where one is null."""

    left: Column
    right: Column


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a column is null; never unknown."""

    column: Column


@dataclass(frozen=True, slots=True)
class Not:
    """The negation; unknown stays unknown."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part."""

    parts: tuple[Condition, ...]


Condition = Compare | Overlap | IsNull | Not | And | Or

OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
"""The operator that holds where a known comparison does not."""

_OPERATORS: dict[type[sql.Expr], str] = {
    sql.EQ: "=",
    sql.NEQ: "<>",
    sql.LT: "<",
    sql.LTE: "<=",
    sql.GT: ">",
    sql.GTE: ">=",
}
_SIDES = ("_l", "_r")


@lru_cache(maxsize=1024)
def parse(text: str) -> Condition:
    """Read a condition; `BadCondition` names what is not allowed in it."""
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise BadCondition(f"Không đọc được điều kiện: {text}") from error
    return _condition(tree, text)


def for_spark(text: str) -> str:
    """The condition as Spark SQL writes it: the overlap of lists has another name there."""

    def renamed(node: sql.Expr) -> sql.Expr:
        if isinstance(node, sql.ArrayOverlaps):
            return sql.Anonymous(this="arrays_overlap", expressions=[node.this, node.expression])
        return node

    return (
        sqlglot.parse_one(text, read="duckdb")
        .transform(renamed)
        .sql(dialect="spark", normalize_functions=False)
    )


def columns_of(node: Condition | Term) -> Iterator[Column]:
    """Every column in a condition or term, in the order of its text, with repetitions."""
    match node:
        case Column():
            yield node
        case Constant():
            return
        case IsNull(column=column):
            yield column
        case Not(part=inner) | Absolute(term=inner):
            yield from columns_of(inner)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from columns_of(part)
        case Compare() | Overlap() | Distance() | Sum():
            yield from columns_of(node.left)
            yield from columns_of(node.right)


def comparisons_in(node: Condition) -> Iterator[Compare]:
    """Every comparison of two terms in a condition."""
    match node:
        case Compare():
            yield node
        case Not(part=inner):
            yield from comparisons_in(inner)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from comparisons_in(part)
        case _:
            return


def distances_in(condition: Condition) -> list[tuple[Distance, int | None]]:
    """Every edit distance in a condition, each with the greatest value that must be told exactly.

    None: every value must; beyond the other numbers counting may stop.
    """
    found: list[tuple[Distance, int | None]] = []
    for compare in comparisons_in(condition):
        right = compare.right.value if isinstance(compare.right, Constant) else None
        cutoff = right if isinstance(right, int) and right >= 0 else None
        found.extend((term, cutoff if term == compare.left else None) for term in _distances_of(compare.left))
        found.extend((term, None) for term in _distances_of(compare.right))
    return found


def repeated_distances(conditions: Iterable[Condition]) -> dict[Distance, int | None]:
    """The distances that several conditions (or one, twice) ask for, with what must be told of each."""
    asked = [entry for condition in conditions for entry in distances_in(condition)]
    times = Counter(distance for distance, _ in asked)
    found: dict[Distance, int | None] = {}
    for distance, count in times.items():
        if count > 1:
            cutoffs = [cutoff for other, cutoff in asked if other == distance]
            told = [cutoff for cutoff in cutoffs if cutoff is not None]
            found[distance] = max(told) if len(told) == len(cutoffs) else None
    return found


def _distances_of(term: Term) -> Iterator[Distance]:
    match term:
        case Distance():
            yield term
        case Absolute(term=inner):
            yield from _distances_of(inner)
        case Sum(left=left, right=right):
            yield from _distances_of(left)
            yield from _distances_of(right)


def _condition(node: sql.Expr, text: str) -> Condition:
    match node:
        case sql.Paren():
            return _condition(node.this, text)
        case sql.And() | sql.Or():
            parts: list[Condition] = []
            kind = And if isinstance(node, sql.And) else Or
            for side in (node.this, node.expression):
                part = _condition(side, text)
                parts.extend(part.parts if isinstance(part, kind) else (part,))
            return kind(tuple(parts))
        case sql.Not():
            return Not(_condition(node.this, text))
        case sql.Is() if isinstance(node.expression, sql.Null):
            return IsNull(_column(node.this, text))
        case sql.ArrayOverlaps():
            return Overlap(_column(node.this, text), _column(node.expression, text))
        case _ if type(node) in _OPERATORS:
            return Compare(_OPERATORS[type(node)], _term(node.this, text), _term(node.expression, text))
    raise BadCondition(f"Điều kiện dùng phép không được phép ({node.key}): {text}")


def _term(node: sql.Expr, text: str) -> Term:
    match node:
        case sql.Paren():
            return _term(node.this, text)
        case sql.Column():
            return _column(node, text)
        case sql.Literal():
            return _constant(node, text)
        case sql.Abs():
            return Absolute(_term(node.this, text))
        case sql.Add() | sql.Sub():
            sign = "+" if isinstance(node, sql.Add) else "-"
            return Sum(_term(node.this, text), sign, _term(node.expression, text))
        case sql.Levenshtein():
            return Distance(_column(node.this, text), _column(node.expression, text))
    raise BadCondition(f"Điều kiện dùng phép không được phép ({node.key}): {text}")


def _column(node: sql.Expr, text: str) -> Column:
    if not isinstance(node, sql.Column) or node.table or not node.name.endswith(_SIDES):
        raise BadCondition(f"Cần một cột dạng ten_l hoặc ten_r: {node.sql()} trong {text}")
    return Column(node.name[:-2], node.name[-1])


def _constant(node: sql.Literal, text: str) -> Constant:
    if node.is_string:
        return Constant(node.this)
    if node.is_int:
        return Constant(int(node.this))
    raise BadCondition(f"Chỉ nhận số nguyên: {node.sql()} trong {text}")
