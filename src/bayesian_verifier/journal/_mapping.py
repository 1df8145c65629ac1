"""What does one line of another shape say, read through a map?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.journal._import_map import ImportMap, ListedOptions, OptionColumns, Spec
from bayesian_verifier.journal._pointers import NOTHING, found_at, pointer_of, steps_of
from bayesian_verifier.judgment import Judgment, numeric_verdict, parse_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.judgment import Verdict

_PER_UNIT = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_MONEY = frozenset(("wealth", "stake", "budget"))
_GREATEST_TIME = 253_402_300_799 * 1_000_000_000  # the last second of the year 9999


class Mapped(NamedTuple):
    """A line as a judgment.

    judgment: with feedback and reward, and the subject; its own id and ts are the map's, where it has any.
    verdict: of the built-in rules.   at: nanoseconds since 1970, None where the file tells no time.
    """

    judgment: Judgment
    verdict: Verdict
    at: int | None


class Skipped(NamedTuple):
    """A line that the map leaves out, and why."""

    reason: str


def mapped(line: object, by: ImportMap) -> Mapped | Skipped:
    """What a decoded line says. Raises InvalidEvidenceError with pointers into the line."""
    if not isinstance(line, dict):
        raise InvalidEvidenceError([Violation("", "type", "expected a JSON object")])
    for rule in by.skip:
        if rule.at is not None and _is_left_out(found_at(line, rule.at), rule.among):
            return Skipped(rule.reason)
    raw, places = _raw(line, by)
    try:
        judgment = parse_record(Judgment, raw)
    except InvalidEvidenceError as exc:
        raise InvalidEvidenceError([_in_the_line(one, places, by) for one in exc.violations]) from None
    for rule in by.skip:
        if rule.insolvent and _is_insolvent(judgment):
            return Skipped(rule.reason)
    at = None if by.ts is None else _time(line, by.ts)
    return Mapped(judgment, numeric_verdict(judgment), at)


def _is_left_out(found: object, among: list[Any] | None) -> bool:
    if among is None:
        return found is NOTHING or found is None
    return any(found == one and type(found) is type(one) for one in among)


def _is_insolvent(judgment: Judgment) -> bool:
    least = min(outcome.payoff for option in judgment.options for outcome in option.outcomes)
    return judgment.wealth + least < 0


def _raw(line: Mapping[str, Any], by: ImportMap) -> tuple[dict[str, object], dict[str, str]]:
    """The judgment in raw form, and where in the line each of its fields stands."""
    raw: dict[str, object] = {}
    places: dict[str, str] = {}
    for name in ("id", "subject", "wealth", "chosen", "stake", "budget", "feedback", "reward"):
        spec: Spec | None = getattr(by, name)
        if spec is None:
            continue
        value = _value(line, spec, by.money if name in _MONEY else 1.0)
        places[name] = pointer_of(spec.at or "")
        if value is not None:
            raw[name] = str(value) if name in ("id", "subject") and _is_plain(value) else value
    if isinstance(by.options, ListedOptions):
        raw["options"] = _listed(line, by.options, by.money)
    else:
        raw["options"] = [_in_columns(line, option, by.money) for option in by.options]
    if "chosen" not in raw:
        raise _wrong(places["chosen"], "missing", "expected the option that was chosen, got nothing")
    return raw, places


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _value(line: object, spec: Spec, scale: float = 1.0) -> object:
    if spec.at is None:
        return spec.value
    found = found_at(line, spec.at)
    if found is NOTHING or found is None:
        return spec.default
    if spec.values is not None:
        key = found if isinstance(found, str) else json.dumps(found)
        if key not in spec.values:
            among = ", ".join(map(repr, spec.values))
            raise _wrong(pointer_of(spec.at), "translation", f"expected one of {among}, got {key[:40]!r}")
        found = spec.values[key]
    return _scaled(found, spec.scale * scale)


def _scaled(value: object, scale: float) -> object:
    if scale != 1.0 and isinstance(value, int | float) and not isinstance(value, bool):
        return value * scale
    if scale != 1.0 and isinstance(value, list):
        return [_scaled(one, scale) for one in value]
    return value


def _listed(line: object, where: ListedOptions, money: float) -> object:
    options = found_at(line, where.at)
    if not isinstance(options, list):
        return None if options is NOTHING else options
    return [_listed_option(option, where, money) for option in options]


def _listed_option(option: object, where: ListedOptions, money: float) -> object:
    outcomes = found_at(option, where.outcomes)
    if not isinstance(outcomes, list):
        return {} if outcomes is NOTHING else {"outcomes": outcomes}
    return {
        "outcomes": [
            {
                name: _scaled(value, scale)
                for name, place, scale in (
                    ("payoff", where.payoff, money),
                    ("probability", where.probability, 1.0),
                )
                if (value := found_at(outcome, place)) is not NOTHING
            }
            for outcome in outcomes
        ]
    }


def _in_columns(line: object, option: OptionColumns, money: float) -> object:
    """An option of columns; an outcome of which both columns are empty is none."""
    outcomes: list[dict[str, object]] = []
    for columns in option.outcomes:
        is_rest = columns.probability == "rest"
        payoff = _value(line, columns.payoff, money)
        share = None if isinstance(columns.probability, str) else _value(line, columns.probability)
        if payoff is not None or share is not None:
            outcomes.append({"payoff": payoff, "probability": "rest" if is_rest else share})
    shares = [one["probability"] for one in outcomes]
    rest = 1.0 - sum(share for share in shares if isinstance(share, int | float))
    for outcome in outcomes:
        if outcome["probability"] == "rest":
            outcome["probability"] = rest
    return {"outcomes": outcomes}


def _time(line: object, spec: Spec) -> int:
    """Nanoseconds since 1970."""
    place = pointer_of(spec.at or "")
    value = _value(line, spec)
    if isinstance(value, int | float) and not isinstance(value, bool) and spec.unit is not None:
        at = round(value * _PER_UNIT[spec.unit])
        if 0 <= at <= _GREATEST_TIME:
            return at
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return _nanoseconds(moment)
    expected = "a number of the map's `unit`" if spec.unit else "RFC 3339 with an offset"
    raise _wrong(place, "time", f"expected {expected}, from 1970 to 9999, got {str(value)[:40]!r}")


def _nanoseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


def _in_the_line(one: Violation, places: Mapping[str, str], by: ImportMap) -> Violation:
    """A violation with the pointer to where the line holds what is wrong, "" for options in columns."""
    name, *rest = steps_of(one.pointer) or ("",)
    if name != "options":
        return one._replace(pointer=places.get(name, pointer_of(name)) + "".join(f"/{step}" for step in rest))
    if not isinstance(by.options, ListedOptions):
        return one._replace(pointer="")
    names = {
        "outcomes": by.options.outcomes,
        "payoff": by.options.payoff,
        "probability": by.options.probability,
    }
    return one._replace(
        pointer=pointer_of(by.options.at) + "".join(pointer_of(names.get(step, step)) for step in rest)
    )


def _wrong(pointer: str, rule: str, detail: str) -> InvalidEvidenceError:
    return InvalidEvidenceError([Violation(pointer, rule, detail)])
