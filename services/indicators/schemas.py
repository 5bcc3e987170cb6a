"""marshmallow schemas of the routes: questions in, boards, lists and trades out."""

from __future__ import annotations

import marshmallow as ma

from services.indicators.board import Dimension, Units


class BoardQuerySchema(ma.Schema):
    """What may be asked of a plan."""

    on = ma.fields.Date(load_default=None, metadata={"description": "Ngày chốt số liệu (hôm nay)."})
    school_year = ma.fields.String(
        load_default=None, metadata={"description": "Năm học N-N+1 (năm học kết thúc gần nhất)."}
    )
    by = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf([*Dimension])),
        load_default=list,
        metadata={"description": "Tách theo; dùng được nhiều lần; cần khóa có quyền indicators.read."},
    )
    units = ma.fields.String(
        load_default=Units.THEN.value,
        validate=ma.validate.OneOf([*Units]),
        metadata={"description": "Đơn vị hành chính khi đó (then) hay ngày nay (today)."},
    )


class ListQuerySchema(ma.Schema):
    """Which part of a figure is asked for."""

    plan = ma.fields.String(required=True, metadata={"description": "Kế hoạch."})
    member = ma.fields.String(
        required=True,
        metadata={"description": "numerator, denominator, excluded, unknown, hoặc mã hướng đi."},
    )
    on = ma.fields.Date(load_default=None, metadata={"description": "Ngày chốt số liệu (hôm nay)."})
    school_year = ma.fields.String(load_default=None, metadata={"description": "Năm học N-N+1."})


class JobsQuerySchema(ma.Schema):
    """On which day."""

    on = ma.fields.Date(load_default=None, metadata={"description": "Ngày xem (hôm nay)."})


class TargetSchema(ma.Schema):
    """What a plan promises."""

    op = ma.fields.String()
    value = ma.fields.String()


class KnownSchema(ma.Schema):
    """The figure among persons whose whereabouts are known."""

    numerator = ma.fields.Integer()
    denominator = ma.fields.Integer(allow_none=True)


class BreakdownSchema(ma.Schema):
    """One row of a breakdown."""

    dimension = ma.fields.String()
    key = ma.fields.String(allow_none=True)
    label = ma.fields.String()
    numerator = ma.fields.Integer()
    denominator = ma.fields.Integer(allow_none=True)


class IndicatorSchema(ma.Schema):
    """One indicator of a board."""

    id = ma.fields.String()
    name_vi = ma.fields.String()
    school_year = ma.fields.String()
    numerator = ma.fields.Integer()
    denominator = ma.fields.Integer(allow_none=True)
    value = ma.fields.String(allow_none=True)
    target = ma.fields.Nested(TargetSchema, allow_none=True)
    met = ma.fields.Boolean(allow_none=True)
    unknown_persons = ma.fields.Integer(data_key="unknown", attribute="unknown")
    second = ma.fields.Nested(KnownSchema)
    breakdowns = ma.fields.List(ma.fields.Nested(BreakdownSchema))
    not_recognised = ma.fields.Integer()


class UnlinkedSchema(ma.Schema):
    """Rows that count for nobody."""

    enrolments = ma.fields.Integer()
    life_events = ma.fields.Integer()
    placements = ma.fields.Integer()


class BoardSchema(ma.Schema):
    """All indicators of a plan."""

    plan = ma.fields.String()
    on = ma.fields.String()
    school_year = ma.fields.String()
    rule_version = ma.fields.String()
    data_time = ma.fields.String(allow_none=True)
    provisional = ma.fields.Boolean()
    unlinked = ma.fields.Nested(UnlinkedSchema)
    indicators = ma.fields.List(ma.fields.Nested(IndicatorSchema))


class MemberSchema(ma.Schema):
    """One person behind a figure, under a pseudonym."""

    person_id = ma.fields.String()
    destination = ma.fields.String()
    school_code = ma.fields.String()
    residence_code = ma.fields.String(allow_none=True)
    village = ma.fields.String(allow_none=True)


class TradeSchema(ma.Schema):
    """Supply and demand of a trade."""

    trade_code = ma.fields.String(allow_none=True)
    name_vi = ma.fields.String(allow_none=True)
    openings = ma.fields.Integer()
    learners = ma.fields.Integer()
    completions = ma.fields.Integer()
    placements = ma.fields.Integer()
