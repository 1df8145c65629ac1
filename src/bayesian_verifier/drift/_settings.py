"""What is asked of drift detection? All of `configs/drift.toml`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class EvaluationSettings(_Table):
    """How the detector is evaluated, and the delays it must not exceed, by size of change in prior sd."""

    people: int = Field(ge=50)
    windows: int = Field(ge=100)
    seed: int = Field(ge=0)
    thresholds: tuple[float, ...] = Field(min_length=1)
    delays: dict[float, float] = Field(min_length=1)


class Limit(_Table):
    """Of a measure, in its own unit: it is raised when it is surely above `above`, back when surely below `back`."""

    above: float = Field(gt=0)
    back: float = Field(gt=0)

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.back >= self.above:
            raise ValueError(f"expected back < above, got {self.back} and {self.above}")
        return self


class _Share(Limit):
    """Of windows, or of what is in them."""

    above: float = Field(gt=0, lt=1)


class _Shift(Limit):
    """In sd; the other direction is meant, too."""

    above: float = Field(gt=0, lt=10)


class _Ratio(Limit):
    """Of two sd; its inverse is meant, too."""

    above: float = Field(gt=1, lt=1000)
    back: float = Field(gt=1)


class _Loss(Limit):
    """In nats; no feedback loses more than 4.6."""

    above: float = Field(gt=0, lt=4.6)


class Limits(_Table):
    """By measure; see the file."""

    change_rate: _Share = _Share(above=0.02, back=0.01)
    mean: _Shift = _Shift(above=0.25, back=0.2)
    sd: _Ratio = _Ratio(above=1.4, back=1.3)
    wide: _Share = _Share(above=0.3, back=0.2)
    untrustworthy: _Share = _Share(above=0.1, back=0.05)
    fallback: _Share = _Share(above=0.4, back=0.25)
    log_loss: _Loss = _Loss(above=0.65, back=0.6)
    conflict_answers: _Share = _Share(above=0.15, back=0.1)
    conflict_controller: _Share = _Share(above=0.15, back=0.1)
    conflict_policy: _Share = _Share(above=0.15, back=0.1)


class PopulationSettings(_Table):
    """How drift of the population is noticed; see the file."""

    windows: float = Field(default=10_000.0, gt=1)
    recent: int = Field(default=100, ge=2)
    limits: Limits = Limits()


class DriftSettings(_Table):
    """How a change is noticed, and what is done then; see the file."""

    window: int = Field(ge=4, le=512)
    threshold: float = Field(gt=1)
    wander: float = Field(ge=0)
    epochs: Literal["off", "ask", "open"] = "open"
    population: PopulationSettings = PopulationSettings()
    evaluation: EvaluationSettings
