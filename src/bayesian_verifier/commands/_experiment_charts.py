"""How did the arms of an experiment learn, and what do they earn? Two charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.commands._svg import Scale, band, element, line, picture, text, ticks

if TYPE_CHECKING:
    from bayesian_verifier.rl import Results

_WIDTH, _HEIGHT = 720.0, 360.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 545.0, 16.0, 320.0
_ROW = 22.0
_INK = ("#20639b", "#d1495b", "#edae49", "#66a182", "#7b4fa3", "#8a8d91", "#2a9d8f", "#b5651d", "#444444")
#: quantiles over seeds between which the band lies
_BAND = (0.25, 0.75)
#: updates that are averaged, so that lines can be told apart
_SMOOTH = 5


def curves_chart(results: Results) -> str:
    """Reward while exploring over steps: the median over seeds, and the middle half of them."""
    curves = {}
    for name in results.experiment.arms:
        seeds = list(results.of_arm("curves", name).values())
        if seeds:
            smooth = np.stack([_smoothed(one["reward"]) for one in seeds])
            curves[name] = (seeds[0]["steps"][-smooth.shape[1] :], np.quantile(smooth, (*_BAND, 0.5), axis=0))
    ends = [quantiles[2][-1] for _, quantiles in curves.values()]
    # the first steps of all arms are far below: the chart is of where they differ
    low = min(ends) - 0.6 * (max(ends) - min(ends)) - 0.002
    x = Scale(0.0, max(float(steps[-1]) for steps, _ in curves.values()), _LEFT, _RIGHT)
    y = Scale(low, max(ends) + 0.002, _BOTTOM, _TOP)
    drawn = [
        *_grid(y, [(tick, f"{tick:.3f}") for tick in ticks(y.low, y.high)]),
        *(
            text(f"{tick:,.0f}", x.at(tick), _BOTTOM + 18, text_anchor="middle", font_size=11)
            for tick in ticks(0, x.high)
        ),
        text("steps of experience", 0.5 * (_LEFT + _RIGHT), _BOTTOM + 36, text_anchor="middle", font_size=11),
        text(
            "reward a decision",
            -0.5 * (_TOP + _BOTTOM),
            12,
            transform="rotate(-90)",
            text_anchor="middle",
            font_size=11,
        ),
    ]
    labels = _apart([y.at(quantiles[2][-1]) for _, quantiles in curves.values()])
    for (name, (steps, quantiles)), (ink, dashes), label in zip(
        curves.items(), _told_apart(len(curves)), labels, strict=True
    ):
        stroke = {"fill": "none", "stroke": ink, "stroke_width": 1.6, "stroke_dasharray": dashes}
        at = [x.at(float(step)) for step in steps]
        lower, upper, middle = ([y.at(float(value)) for value in row] for row in quantiles)
        drawn += [
            band(
                list(zip(at, upper, strict=True)), list(zip(at, lower, strict=True)), fill=ink, opacity=0.15
            ),
            line(zip(at, middle, strict=True), **stroke),
            line(((_RIGHT + 6, label), (_RIGHT + 24, label)), **stroke),
            text(name, _RIGHT + 29, label + 4, fill=ink, font_size=12),
        ]
    said = "; ".join(f"{name} ends at {quantiles[2][-1]:.4f}" for name, (_, quantiles) in curves.items())
    return picture("Reward a decision while learning", said, "".join(drawn), _WIDTH, _HEIGHT)


def rewards_chart(results: Results) -> str:
    """Reward a decision of each arm and rule with its interval, from least to most."""
    found = {name: results.bootstrap.reward(name) for name in results.names}
    order = sorted(found, key=lambda name: -found[name].value)
    bottom = _TOP + _ROW * len(order)
    x = Scale(
        min(one.low for one in found.values()), max(0.0, *(one.high for one in found.values())), 180.0, 700.0
    )
    drawn = [
        text("arm or rule", 172, _TOP - 4, text_anchor="end", font_size=11),
        text(
            "reward a decision",
            0.5 * (x.start + x.end),
            bottom + 34,
            text_anchor="middle",
            font_size=11,
        ),
    ]
    for tick in ticks(x.low, x.high, 6):
        drawn += [
            line(((x.at(tick), _TOP), (x.at(tick), bottom)), stroke="#d8d8d8"),
            text(f"{tick:.3f}", x.at(tick), bottom + 16, text_anchor="middle", font_size=11),
        ]
    for place, name in enumerate(order):
        one, at = found[name], _TOP + _ROW * (place + 0.5)
        ink = _INK[0] if name in results.experiment.arms else _INK[5]
        drawn += [
            text(name, 172, at + 4, text_anchor="end", font_size=12),
            line(((x.at(one.low), at), (x.at(one.high), at)), stroke=ink, stroke_width=2),
            element("circle", cx=x.at(one.value), cy=at, r=4, fill=ink),
        ]
    said = "; ".join(f"{name} {found[name].value:.4f}" for name in order)
    return picture("Reward a decision, 95% intervals", said, "".join(drawn), _WIDTH, bottom + 42)


def _smoothed(reward: np.ndarray) -> np.ndarray:
    window = min(_SMOOTH, len(reward))
    return np.convolve(reward, np.full(window, 1 / window), mode="valid")


def _grid(y: Scale, labelled: list[tuple[float, str]]) -> list[str]:
    drawn = []
    for value, label in labelled:
        at = y.at(value)
        drawn += [
            line(((_LEFT, at), (_RIGHT, at)), stroke="#d8d8d8"),
            text(label, _LEFT - 6, at + 4, text_anchor="end", font_size=11),
        ]
    return drawn


def _apart(wanted: list[float], least: float = 13.0) -> list[float]:
    """Where labels go that would stand on each other: at least so far apart, in the same order."""
    placed = dict.fromkeys(range(len(wanted)), 0.0)
    last = -least
    for index in sorted(placed, key=lambda one: wanted[one]):
        last = placed[index] = max(wanted[index], last + least)
    return list(placed.values())


def _told_apart(count: int) -> list[tuple[str, str]]:
    """Ink and dashes of each curve; where inks are used again, the dashes are others."""
    rounds = ("none", "6 2.5", "2 2.5")
    return [(_INK[place % len(_INK)], rounds[place // len(_INK) % len(rounds)]) for place in range(count)]
