"""What reviews look like over HTTP."""

from __future__ import annotations

from typing import Any

import marshmallow as ma


class RecordSchema(ma.Schema):
    """A record with its identity, as its source wrote it."""

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


class DecisionSchema(ma.Schema):
    """A decision that holds."""

    same_as = ma.fields.String(required=True, allow_none=True)
    decided_by = ma.fields.String(required=True, metadata={"description": "Mã khóa của người xem xét."})
    decided_at = ma.fields.String(required=True)


class ReviewSchema(RecordSchema):
    """A record at which a person must look, or once did."""

    reason = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Lý do cần xem xét; trống: không cần."}
    )
    opened_at = ma.fields.String(required=True, allow_none=True)
    decision = ma.fields.Nested(DecisionSchema, required=True, allow_none=True)
    candidates = ma.fields.List(ma.fields.Nested(RecordSchema))


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

    @ma.validates_schema
    def check_one_answer(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse both answers, and none."""
        if (data.get("same_as") is not None) == bool(data.get("another_person")):
            raise ma.ValidationError("Chọn đúng một: same_as, hoặc another_person = true.")
