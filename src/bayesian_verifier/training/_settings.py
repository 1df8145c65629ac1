"""What is asked of a training run, and of the evaluation that follows it?"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bayesian_verifier.simulators.lottery import CaseMixture


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class NetworkSettings(_Table):
    """Size of the network; see `configs/training.toml`."""

    noise_levels: int = Field(ge=4, le=64)
    noise_reach: tuple[float, float]
    refine: tuple[int, int]
    context_widths: tuple[int, ...]
    flow_depth: int = Field(ge=1, le=16)
    flow_widths: tuple[int, ...]
    flow_activation: str


class StepSettings(_Table):
    """Length and pace of training."""

    count: int = Field(ge=1)
    sets: int = Field(ge=8)
    pool: int = Field(ge=128)
    learning_rate: float = Field(gt=0, lt=1)
    warmup: int = Field(ge=0)
    average: float = Field(ge=0, lt=1)
    drawn: int = Field(ge=0, le=64)
    checkpoint: int = Field(ge=1)


class PriorSettings(_Table):
    """How people's windows may move the prior of risk_aversion; see `configs/training.toml`."""

    mean_step: float = Field(gt=0)
    sd_factor: float = Field(gt=1)
    people: int = Field(ge=2)
    days: float = Field(gt=0)


class ChallengerSettings(_Table):
    """What differs where a model learns from the journal; see `configs/training.toml`."""

    journal_share: float = Field(ge=0, lt=1)
    per_person: int = Field(ge=1)
    steps: int = Field(ge=1)
    learning_rate: float = Field(gt=0, lt=1)
    warmup: int = Field(ge=0)
    average: float = Field(ge=0, lt=1)
    prior: PriorSettings


class SmallSettings(_Table):
    """What `train --small` makes do with; see `configs/training.toml`."""

    steps: int = Field(ge=1)
    pool: int = Field(ge=128)
    typicality_people: int = Field(ge=64)
    typicality_error: float = Field(gt=0)
    misfit_people: int = Field(ge=64)
    sets: int = Field(ge=1)
    calibration_sets: int = Field(ge=0)


class TrainingSettings(_Table):
    """All of `configs/training.toml`."""

    name: str
    simulator: str
    seed: int = Field(ge=0)
    typicality_people: int = Field(ge=64)
    misfit_people: int = Field(ge=64)
    network: NetworkSettings
    steps: StepSettings
    challenger: ChallengerSettings
    small: SmallSettings


class Gate(_Table):
    """What a model must reach to be published."""

    mean_kl: float = Field(gt=0)
    people_kl: float = Field(gt=0)
    shift_sd: float = Field(gt=0)
    served_mean: float = Field(gt=0)
    served_quantiles: float = Field(gt=0)
    served_sd: float = Field(gt=0)
    unreliable: float = Field(gt=0)
    coverage_error: float = Field(gt=0)
    recovery: float = Field(gt=0, lt=1)
    typicality_error: float = Field(gt=0)
    false_flags: float = Field(gt=0)
    power_lost: float = Field(gt=0)
    parity: float = Field(gt=0)


class EvaluationSettings(_Table):
    """All of `configs/evaluation.toml`."""

    cases: dict[str, float]

    sets: int = Field(ge=1)
    smallest: int = Field(ge=0)
    largest: int = Field(le=512)
    calibration_sets: int = Field(ge=0)
    misfit_people: int = Field(ge=0)
    pool: int = Field(ge=128)
    gate: Gate

    @field_validator("cases")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        CaseMixture.of(value)
        return value

    @property
    def mixture(self) -> CaseMixture:
        """The mixture of cases that the table states."""
        return CaseMixture.of(self.cases)
