"""What is asked of drift detection? All of `configs/drift.toml`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class EvaluationSettings(_Table):
    """How the detector is evaluated, and the delays it must not exceed, by size of change in prior sd."""

    people: int = Field(ge=50)
    windows: int = Field(ge=100)
    seed: int = Field(ge=0)
    thresholds: tuple[float, ...] = Field(min_length=1)
    delays: dict[float, float] = Field(min_length=1)


class DriftSettings(_Table):
    """How a change is noticed; see the file."""

    window: int = Field(ge=4, le=512)
    threshold: float = Field(gt=1)
    wander: float = Field(ge=0)
    evaluation: EvaluationSettings
