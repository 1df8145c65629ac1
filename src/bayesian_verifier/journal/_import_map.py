"""Where does a file of another shape say what a judgment says? A map in TOML.

A field is a place (a JSON pointer, or a dotted path) or a table:

    at = "/answer"                         where it stands
    value = "approve"                      a constant instead
    default = 0                            where nothing stands there, or null
    values = { yes = "approve" }           translations; what is not among them is an error
    scale = 0.01                           what numbers are multiplied by
    unit = "ms"                            of `ts`, where it is a number: s, ms, us or ns since 1970

`options` is a place, a table `at`, `outcomes`, `payoff`, `probability` (where the list of options stands, and in
each the list of outcomes, and in each of those the two numbers), or a list of tables with `outcomes`, each of
them a list of `payoff` and `probability` fields in columns of their own; one probability may be "rest".
`skip` is a list of what to leave out: `at` with `in`, `missing = true`, or `insolvent = true`.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from pathlib import Path


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Spec(_Strict):
    """Where one field is found and what is made of it."""

    at: str | None = None
    value: JsonValue = None
    default: JsonValue = None
    values: dict[str, JsonValue] | None = None
    scale: float = 1.0
    unit: Literal["s", "ms", "us", "ns"] | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.at is None) == ("value" not in self.model_fields_set):
            raise ValueError("needs `at` or `value`, and not both")
        return self


def _spec_of(raw: object) -> object:
    return {"at": raw} if isinstance(raw, str) else raw


SpecOrPlace = Annotated[Spec, BeforeValidator(_spec_of)]


class ListedOptions(_Strict):
    """Options that stand in a list."""

    at: str
    outcomes: str = "/outcomes"
    payoff: str = "/payoff"
    probability: str = "/probability"


class OutcomeColumns(_Strict):
    """An outcome whose two numbers stand in columns; the probability may be what the others leave."""

    payoff: SpecOrPlace
    probability: Annotated[
        Spec | Literal["rest"], BeforeValidator(lambda x: x if x == "rest" else _spec_of(x))
    ]


class OptionColumns(_Strict):
    """An option whose outcomes stand in columns."""

    outcomes: Annotated[tuple[OutcomeColumns, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _has_one_rest(self) -> Self:
        if sum(outcome.probability == "rest" for outcome in self.outcomes) > 1:
            raise ValueError('only one probability of an option can be "rest"')
        return self


def _options_of(raw: object) -> object:
    return {"at": raw} if isinstance(raw, str) else raw


Options = Annotated[
    ListedOptions | Annotated[tuple[OptionColumns, ...], Field(strict=False, min_length=2)],
    BeforeValidator(_options_of),
]


class Skip(_Strict):
    """What to leave out. says: why, for the summary."""

    at: str | None = None
    among: Annotated[list[JsonValue] | None, Field(alias="in")] = None
    missing: bool = False
    insolvent: bool = False
    says: str | None = None

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        of_place = (self.among is not None) + self.missing
        if self.insolvent == (self.at is not None) or of_place != (self.at is not None):
            raise ValueError("needs `at` with `in` or `missing = true`, or `insolvent = true` alone")
        return self

    @property
    def reason(self) -> str:
        """Why, for people."""
        if self.says is not None:
            return self.says
        if self.insolvent:
            return "an outcome takes wealth below 0"
        return f"nothing at {self.at}" if self.missing else f"{self.at} is left out"


class ImportMap(_Strict):
    """A map as a value; every field means what it means in a judgment. money: scales all amounts of money."""

    options: Options
    chosen: SpecOrPlace
    id: SpecOrPlace | None = None
    subject: SpecOrPlace | None = None
    ts: SpecOrPlace | None = None
    wealth: SpecOrPlace | None = None
    stake: SpecOrPlace | None = None
    budget: SpecOrPlace | None = None
    feedback: SpecOrPlace | None = None
    reward: SpecOrPlace | None = None
    money: Annotated[float, Field(gt=0)] = 1.0
    skip: Annotated[tuple[Skip, ...], Field(strict=False)] = ()


def read_map(path: Path) -> ImportMap:
    """The map in a file. Raises CallerError that names the member that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise CallerError(f"{path}: {exc}") from exc
    return map_of(content, str(path))


def map_of(content: dict[str, object], name: str) -> ImportMap:
    """The map in decoded TOML, which errors call `name`. Raises CallerError."""
    try:
        return ImportMap.model_validate(content)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise CallerError(f"{name}: {place}: {first['msg'].removeprefix('Value error, ')}") from exc
