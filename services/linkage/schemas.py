"""What reviews, persons and quality look like over HTTP."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

_REASON = {"description": "Vì sao; được lưu cùng việc này."}


class RecordSchema(ma.Schema):
    """A record with its identity, as its source wrote it; the personal number is never shown."""

    record_ref = ma.fields.String(required=True, metadata={"description": "Mã ngẫu nhiên của hồ sơ."})
    record_kind = ma.fields.String(required=True, metadata={"description": "Loại hồ sơ."})
    source = ma.fields.String(required=True, metadata={"description": "Nguồn gửi hồ sơ."})
    person_id = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Bí danh của người; trống: chưa nối."}
    )
    identity = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        required=True,
        metadata={"description": "Nhân thân."},
    )
    has_number = ma.fields.Boolean(metadata={"description": "Hồ sơ có số định danh (không hiện số)."})
    repairs = ma.fields.List(ma.fields.String(), metadata={"description": "Mã những gì máy đã sửa để so."})


class ComparisonSchema(ma.Schema):
    """What one comparison of a pair weighs."""

    comparison = ma.fields.String(required=True)
    level_vi = ma.fields.String(required=True, metadata={"description": "Mức giống nhau."})
    weight_bits = ma.fields.Float(required=True, metadata={"description": "Trọng số, bit."})


class ShareSchema(ma.Schema):
    """What one term of the second stage gives."""

    of = ma.fields.List(ma.fields.String(), required=True)
    bits = ma.fields.Float(required=True)


class WeighedSchema(ma.Schema):
    """A pair with the weight of every comparison; prior, comparisons and rarity add up to the weight."""

    weight_bits = ma.fields.Float(metadata={"description": "Tổng trọng số, bit."})
    probability = ma.fields.Float(metadata={"description": "Xác suất cùng một người, xét riêng cặp này."})
    prior_bits = ma.fields.Float()
    rarity_bits = ma.fields.Float(metadata={"description": "Do giá trị hiếm hay phổ biến, ngoài họ tên."})
    comparisons = ma.fields.List(ma.fields.Nested(ComparisonSchema))
    evidence = ma.fields.List(ma.fields.Nested(ShareSchema))


class CandidateSchema(RecordSchema, WeighedSchema):
    """A record that could be of the same person, and why."""


class DecisionSchema(ma.Schema):
    """A decision that holds."""

    same_as = ma.fields.String(required=True, allow_none=True)
    decided_by = ma.fields.String(required=True, metadata={"description": "Mã khóa của người xem xét."})
    decided_at = ma.fields.String(required=True)
    reason = ma.fields.String(allow_none=True)


class ReviewSchema(RecordSchema):
    """A record at which a person must look, or once did."""

    reason = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Lý do cần xem xét; trống: không cần."}
    )
    opened_at = ma.fields.String(required=True, allow_none=True)
    decision = ma.fields.Nested(DecisionSchema, required=True, allow_none=True)
    candidates = ma.fields.List(ma.fields.Nested(CandidateSchema))
    blind = ma.fields.Boolean(
        metadata={"description": "Quyết định thứ nhất được giấu: người đọc còn có thể trả lời độc lập."}
    )


class ReviewsSchema(ma.Schema):
    """A page of reviews."""

    items = ma.fields.List(ma.fields.Nested(ReviewSchema), required=True)


class DecideSchema(ma.Schema):
    """What a reviewer decides; exactly one of the two."""

    same_as = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 64),
        metadata={"description": "Mã một hồ sơ của cùng một người."},
    )
    another_person = ma.fields.Boolean(
        load_default=False, metadata={"description": "Đây là người khác, không trùng với ai được gợi ý."}
    )
    reason = ma.fields.String(load_default=None, validate=ma.validate.Length(max=500), metadata=_REASON)

    @ma.validates_schema
    def check_one_answer(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse both answers, and none."""
        if (data.get("same_as") is not None) == bool(data.get("another_person")):
            raise ma.ValidationError("Chọn đúng một: same_as, hoặc another_person = true.")


class ReasonSchema(ma.Schema):
    """Why somebody does something."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 500), metadata=_REASON)


class MergeSchema(ReasonSchema):
    """Two persons that are one."""

    person_ids = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 64)),
        required=True,
        validate=ma.validate.Length(equal=2),
    )


class SplitSchema(ReasonSchema):
    """Records of a person that are another person."""

    records = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 64)),
        required=True,
        validate=ma.validate.Length(1, 500),
    )


class UndoSchema(ma.Schema):
    """Why something is undone."""

    reason = ma.fields.String(load_default=None, validate=ma.validate.Length(max=500), metadata=_REASON)


class DoneSchema(ma.Schema):
    """What an act led to."""

    word_id = ma.fields.String(required=True, metadata={"description": "Mã việc, dùng để hoàn tác."})
    records = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(allow_none=True),
        required=True,
        metadata={"description": "Bí danh hiện nay của người mà mỗi hồ sơ thuộc về."},
    )


class WordSchema(ma.Schema):
    """What somebody said of records."""

    word_id = ma.fields.String(required=True)
    verb = ma.fields.String(required=True)
    says = ma.fields.String(required=True)
    records = ma.fields.List(ma.fields.String(), required=True)
    others = ma.fields.List(ma.fields.String(), required=True)
    reason = ma.fields.String(required=True, allow_none=True)
    decided_by = ma.fields.String(required=True)
    decided_at = ma.fields.String(required=True)
    taken_back = ma.fields.Boolean(required=True)
    taken_back_by = ma.fields.String(required=True, allow_none=True)
    taken_back_at = ma.fields.String(required=True, allow_none=True)
    taken_back_reason = ma.fields.String(required=True, allow_none=True)


class PairSchema(WeighedSchema):
    """Two records of a person, and what their comparison weighs."""

    record_refs = ma.fields.List(ma.fields.String(), required=True)


class PersonSchema(ma.Schema):
    """Everything that is known as one person."""

    person_id = ma.fields.String(required=True)
    records = ma.fields.List(ma.fields.Nested(RecordSchema), required=True)
    pairs = ma.fields.List(ma.fields.Nested(PairSchema), required=True)
    words = ma.fields.List(ma.fields.Nested(WordSchema), required=True)


class SaidSchema(ma.Schema):
    """What was said of a record, once."""

    record_ref = ma.fields.String(required=True)
    sequence = ma.fields.Integer(required=True)
    person_id = ma.fields.String(required=True, allow_none=True)
    decided_by = ma.fields.String(required=True, allow_none=True)
    unlinked_reason = ma.fields.String(required=True, allow_none=True)
    cause = ma.fields.String(required=True, allow_none=True)
    word_id = ma.fields.String(required=True, allow_none=True)
    said_at = ma.fields.String(required=True, allow_none=True)
    holds = ma.fields.Boolean(required=True)


class HistorySchema(ma.Schema):
    """What was said of a person or a record."""

    subject = ma.fields.String(required=True)
    said = ma.fields.List(ma.fields.Nested(SaidSchema), required=True)
    words = ma.fields.List(ma.fields.Nested(WordSchema), required=True)


class IntervalSchema(ma.Schema):
    """An estimate and its bounds at 95 %."""

    estimate = ma.fields.Float(required=True, allow_none=True)
    low = ma.fields.Float(required=True)
    high = ma.fields.Float(required=True)


class GroupSchema(ma.Schema):
    """The quality of one group of records."""

    dimension = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    records = ma.fields.Integer(required=True)
    linked = ma.fields.Integer(required=True)
    in_review = ma.fields.Integer(required=True)
    unlinked = ma.fields.Integer(required=True)
    unlinked_share = ma.fields.Float(required=True, allow_none=True)
    looked_at = ma.fields.Integer(required=True)
    precision = ma.fields.Nested(IntervalSchema, required=True)
    recall = ma.fields.Nested(IntervalSchema, required=True)
    belonging = ma.fields.Nested(IntervalSchema, required=True)


class SecondSchema(ma.Schema):
    """How often two independent reviewers disagree."""

    records = ma.fields.Integer(required=True)
    disagree = ma.fields.Integer(required=True)
    share = ma.fields.Nested(IntervalSchema, required=True)


class QualitySchema(ma.Schema):
    """The quality report. `link_from`: the probability from which pairs are linked."""

    link_from = ma.fields.Float(required=True)
    groups = ma.fields.List(ma.fields.Nested(GroupSchema), required=True)
    second_reviews = ma.fields.Nested(SecondSchema, required=True)


class SampleSchema(ma.Schema):
    """A sampled pair."""

    records = ma.fields.List(ma.fields.Nested(RecordSchema), required=True)


class SamplesSchema(ma.Schema):
    """Sampled pairs to be looked at."""

    items = ma.fields.List(ma.fields.Nested(SampleSchema), required=True)


class AnswerSchema(ma.Schema):
    """Whether a sampled pair is one person."""

    is_same = ma.fields.Boolean(required=True)
