"""What do a person's windows, and a measure of the population, look like over time?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.commands._svg import Scale, band, element, line, picture, text, ticks
from bayesian_verifier.drift import MEASURES
from bayesian_verifier.journal import seconds_since_epoch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.drift import MeasureName, OfSubject, OfWindow, Standing, Trend

_WIDTH, _HEIGHT = 360.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 352.0, 16.0, 126.0
#: the 5% and the 95% quantile of a normal, where no quantiles are known
_REACH = 1.645
#: the least statistic that is drawn
_LEAST = 0.1


class _Frame(NamedTuple):
    x: Scale
    y: Scale

    def points(self, xs: Iterable[float], ys: Iterable[float]) -> list[tuple[float, float]]:
        return [(self.x.at(a), self.y.at(b)) for a, b in zip(xs, ys, strict=True)]


def means_chart(one: OfSubject) -> str:
    """Posterior mean of each window, with its 90% interval, and where epochs begin."""
    times = [seconds_since_epoch(window.ended) for window in one.series]
    means = [window.belief.mean for window in one.series]
    lows, highs = zip(*(_interval(window) for window in one.series), strict=True)
    frame = _frame(times, min(lows), max(highs))
    drawn = [
        *_grid(frame, [(tick, f"{tick:g}") for tick in ticks(min(lows), max(highs))]),
        _days(one.series[0].ended, one.series[-1].ended),
        band(frame.points(times, highs), frame.points(times, lows), class_="band"),
        *(
            line(frame.points((at, at), (low, high)), class_="whisker")
            for at, low, high in zip(times, lows, highs, strict=True)
        ),
        line(frame.points(times, means), class_="series"),
        *_marks(frame, one.series, means),
        *_epochs(frame, one, times),
    ]
    return picture(f"Risk aversion of {one.subject}", _told(one), "".join(drawn), _WIDTH, _HEIGHT)


def statistic_chart(one: OfSubject, threshold: float) -> str:
    """The detector's statistic after each window, on a log scale, against its threshold."""
    times = [seconds_since_epoch(window.ended) for window in one.series]
    values = [math.log10(max(window.statistic, _LEAST)) for window in one.series]
    limit = math.log10(threshold)
    low, high = min(0.0, *values, limit), max(*values, limit) + 0.3
    frame = _frame(times, low, high)
    whole = [(float(tick), f"{10.0**tick:,g}") for tick in range(math.ceil(low), math.floor(high) + 1)]
    drawn = [
        *_grid(frame, whole[:: max(1, math.ceil(len(whole) / 4))]),
        _days(one.series[0].ended, one.series[-1].ended),
        _level(frame, limit, "limit"),
        text("alarm", _LEFT + 2, frame.y.at(limit) - 4, class_="limit-label"),
        line(frame.points(times, values), class_="series"),
        *_marks(frame, one.series, values),
    ]
    alarms = len(one.alarms)
    said = f"After the last window {one.statistic:.3g}; alarm at {threshold:g}; {alarms} alarm{'s' * (alarms != 1)}."
    return picture(f"Evidence that {one.subject} has changed", said, "".join(drawn), _WIDTH, _HEIGHT)


def trend_chart(standing: Standing, over_time: Trend | None) -> str:
    """A measure's means of blocks of windows, against its limit."""
    values = [] if over_time is None else list(over_time.values)
    limits = _both(standing.measure, standing.above)
    backs = _both(standing.measure, standing.back)
    low = min(0.0, *values, *limits)
    high = max(*values, *limits) * 1.05
    frame = _Frame(Scale(0.0, max(len(values) - 1.0, 1.0), _LEFT, _RIGHT), Scale(low, high, _BOTTOM, _TOP))
    drawn = [
        *_grid(frame, [(tick, f"{tick:g}") for tick in ticks(low, high)]),
        *(_level(frame, limit, "limit") for limit in limits),
        *(_level(frame, limit, "back") for limit in backs),
        line(frame.points(range(len(values)), values), class_="series"),
    ]
    if over_time is not None:
        drawn.append(_days(over_time.ended[0], over_time.ended[-1]))
        ends = frame.points([len(values) - 1.0], [values[-1]])
        drawn += [element("circle", cx=x, cy=y, r=3, class_="dot") for x, y in ends]
    now = "no window says anything of it" if standing.value is None else f"now {standing.value:.3g}"
    said = f"{now}; limit {standing.above:g}, back at {standing.back:g}."
    return picture(standing.measure, said, "".join(drawn), _WIDTH, _HEIGHT)


def _both(measure: MeasureName, limit: float) -> list[float]:
    """A limit, and its other side where the measure has one."""
    unit = MEASURES[measure].unit
    return [limit, *([-limit] if unit == "shift" else [1.0 / limit] if unit == "ratio" else [])]


def _level(frame: _Frame, value: float, kind: str) -> str:
    return line([(_LEFT, frame.y.at(value)), (_RIGHT, frame.y.at(value))], class_=kind)


def _interval(window: OfWindow) -> tuple[float, float]:
    belief = window.belief
    if belief.quantiles:
        return belief.quantiles[0], belief.quantiles[-1]
    return belief.mean - _REACH * belief.sd, belief.mean + _REACH * belief.sd


def _frame(times: Sequence[float], low: float, high: float) -> _Frame:
    room = 0.04 * (high - low or 1.0)
    # a little room, so that the first and the last interval stand clear of the edges
    return _Frame(
        Scale(min(times), max(times), _LEFT + 5, _RIGHT - 5), Scale(low - room, high + room, _BOTTOM, _TOP)
    )


def _grid(frame: _Frame, marks: Iterable[tuple[float, str]]) -> Iterable[str]:
    for value, label in marks:
        y = frame.y.at(value)
        yield line([(_LEFT, y), (_RIGHT, y)], class_="grid")
        yield text(label, _LEFT - 4, y + 3.5, text_anchor="end")


def _days(first: str, last: str) -> str:
    """The days at both ends, with the time of day where they are one."""
    width = 16 if first[:10] == last[:10] else 10
    begin, end = (one[:width].replace("T", " ") for one in (first, last))
    if begin == end:
        return text(begin, 0.5 * (_LEFT + _RIGHT), _HEIGHT - 6, text_anchor="middle")
    return text(begin, _LEFT, _HEIGHT - 6) + text(end, _RIGHT, _HEIGHT - 6, text_anchor="end")


def _marks(frame: _Frame, series: Sequence[OfWindow], values: Sequence[float]) -> Iterable[str]:
    """A dot a window; a diamond, of another colour, where there was an alarm; hollow where it is not trusted."""
    for window, value in zip(series, values, strict=True):
        x, y = frame.x.at(seconds_since_epoch(window.ended)), frame.y.at(value)
        told = element(
            "title",
            f"window {window.number}, {window.ended[:16].replace('T', ' ')}: {window.belief.mean:.2f}",
        )
        if window.alarm:
            d = f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6Z"
            yield element("path", told, d=d, class_="alarm")
        else:
            yield element("circle", told, cx=x, cy=y, r=2.5, class_="dot" if window.trustworthy else "hollow")


def _epochs(frame: _Frame, one: OfSubject, times: Sequence[float]) -> Iterable[str]:
    for epoch in one.epochs:
        at = frame.x.at(min(max(seconds_since_epoch(epoch.since), min(times)), max(times)))
        yield line([(at, _TOP - 4), (at, _BOTTOM)], class_=f"epoch {epoch.state}")
        side = (
            {"x": at + 3, "text_anchor": "start"}
            if at < 0.7 * _WIDTH
            else {"x": at - 3, "text_anchor": "end"}
        )
        label = "epoch" if epoch.state in {"holds", "followed"} else f"epoch, {epoch.state}"
        yield element("text", label, y=_TOP + 4, class_="epoch-label", **side)


def _told(one: OfSubject) -> str:
    first, last = one.series[0].belief, one.last
    said = (
        f"{one.windows} windows, from {first.mean:.2f} ± {first.sd:.2f} to {last.mean:.2f} ± {last.sd:.2f}."
    )
    for alarm in one.alarms:
        said += f" Changed by {alarm.moved:+.2f} since {alarm.change_began[:16].replace('T', ' ')}."
    return said
