"""The share of people with an alarm, by the sweep and by counting anew at each moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.journal import AlarmLine, timestamp
from bayesian_verifier.retraining import looks, windows_of
from retraining.nights import DAY, START, window

times = st.integers(0, 40)


def alarm_of(window_id, at):
    ts = timestamp(int((START + at * DAY) * 1e9))
    return AlarmLine.model_validate(
        {
            "v": 1, "seq": 1, "id": f"a{window_id}", "ts": ts, "writer": "w", "kind": "alarm", "crc": "0" * 8,
            "window": window_id, "number": 1, "statistic": 1e3, "change_began": ts, "moved": 1.0, "model_version": "m",
        }
    )  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 4), times), max_size=25),
    st.lists(st.tuples(st.integers(0, 30), times), max_size=12),
    st.integers(0, 60),
)
def test_the_sweep_counts_what_counting_anew_counts(made, alarmed, until):
    events = [window(f"w{place}", f"p{who}", 1, START + at * DAY) for place, (who, at) in enumerate(made)]
    alarms = [alarm_of(f"w{place}", at) for place, at in alarmed]
    windows = windows_of(events)
    found = list(looks(alarms, windows, 14.0, START + until * DAY))
    assert found[-1].at == START + until * DAY
    for look in found:
        day = (look.at - START) / DAY
        own = {}
        for who, at in made:
            own.setdefault(who, []).append(at)
        people = sum(at[1] <= day for at in own.values() if len(at) > 1)
        lately = {made[place][0] for place, at in alarmed if place < len(made) and at <= day < at + 14}
        assert look.alarms == (people, len(lately))
    known = {look.at for look in found}
    assert {START + at * DAY for place, at in alarmed if place < len(made) and at <= until} <= known
