"""Which judgments of lotteries are tried, as records on the wire and as the package's own values?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import Judgment, parse_judgments

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = settings(
    deadline=None, phases=set(Phase) - {Phase.explain}
)  # explaining a failure takes minutes here


def lottery(*outcomes: tuple[float, float]) -> dict[str, Any]:
    """An option as on the wire, from (payoff, probability) pairs."""
    return {"outcomes": [{"payoff": x, "probability": p} for x, p in outcomes]}


def record(*options: dict[str, Any], **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - a record's fields
    """A judgment as on the wire; the first option is proposed unless said otherwise."""
    return {"options": list(options), "chosen": 0, **rest}


def parsed(*records: dict[str, Any]) -> list[Judgment]:
    """The package's own values of these records."""
    return parse_judgments(list(records))


def several(count: int, more: Callable[[int], dict[str, Any]] = lambda _: {}) -> list[Judgment]:
    """An even chance or a sure amount, answered in all ways; more: further fields of one by its number."""
    rng = np.random.default_rng(count)
    return parsed(
        *(
            record(
                lottery((float(x), 0.5), (float(y), 0.5)),
                lottery((float(z), 1.0)),
                chosen=int(i % 2),
                feedback="approve" if i % 3 else "reject",
                reward=None if i % 5 else 0.25,
                verdict="proved",
                **more(i),
            )
            for i, (x, y, z) in enumerate(rng.uniform(1.0, 100.0, (count, 3)))
        )
    )


money = st.one_of(
    st.decimals(0, 100, places=2).map(float),
    st.decimals(0, 1_000_000, places=0).map(float),
    st.floats(0.01, 1e6),
)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """A lottery of 1–16 outcomes, some of them losses, some impossible, some alike."""
    count = draw(st.sampled_from([1, 2, 2, 3, 4, 16]))
    payoffs = draw(st.lists(money, min_size=count, max_size=count))
    parts = draw(st.lists(st.integers(0, 20), min_size=count, max_size=count).filter(any))
    losses = draw(st.integers(0, 4))
    signed = [-x if i < losses - 2 else x for i, x in enumerate(payoffs)]
    return lottery(*zip(signed, [part / sum(parts) for part in parts], strict=True))


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Any record: 2–8 options, every way to answer, every verdict, with and without wealth."""
    count = draw(st.sampled_from([2, 2, 3, 4, 8]))
    offered = draw(st.lists(options(), min_size=count, max_size=count))
    return record(
        *offered,
        chosen=draw(st.integers(0, len(offered) - 1)),
        wealth=draw(st.sampled_from([0.0, 0.0, 1.0, 250.0, 1e5])),
        feedback=draw(st.sampled_from(["approve", "reject", None])),
        reward=draw(st.one_of(st.none(), st.floats(-3, 3))),
        verdict=draw(st.sampled_from([None, None, "proved", "unknown", "refuted"])),
    )
