"""When may a challenger be trained, and when must it? All of `configs/retraining.toml`."""

from __future__ import annotations

from datetime import time  # noqa: TC003 pydantic reads the annotations
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bayesian_verifier.retraining._gate import GateSettings  # noqa: TC001 pydantic reads the annotations

Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[float, Field(ge=0)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TriggerSettings(_Table):
    """What asks for a challenger; see the file."""

    alarm_share: Share
    rearm_share: Share
    alarm_days: Annotated[float, Field(gt=0)]
    min_people: Annotated[int, Field(ge=1)]
    min_windows: Annotated[int, Field(ge=0)]
    cool_down_days: Days
    daily_cap: Annotated[int, Field(ge=1)]
    max_age_days: Days
    approval: bool = False

    @model_validator(mode="after")
    def _has_hysteresis(self) -> Self:
        if self.rearm_share > self.alarm_share:
            raise ValueError("rearm_share must not be above alarm_share")
        return self


class SlotSettings(_Table):
    """When the machine may be used; see the file."""

    begins: time
    ends: time
    max_load: Annotated[float, Field(gt=0)]
    max_pressure: Annotated[float, Field(gt=0, le=100)]


class LeaseSettings(_Table):
    """How urgently the machine is asked for, and for how long; see the file."""

    priority: int
    max_hours: Annotated[float, Field(gt=0)]


class PromotionSettings(_Table):
    """Whether people are asked before a promotion, and what no answer means; see the file."""

    approval: bool
    expires_days: Annotated[float, Field(gt=0)]
    default: Literal["reject", "approve"]


class RetrainingSettings(_Table):
    """All of it."""

    trigger: TriggerSettings
    slot: SlotSettings
    lease: LeaseSettings
    promotion: PromotionSettings
    gate: GateSettings
