"""P3, P4: can a reply that was tampered with put a number into the verifier's mouth?

A sound reply is changed at one place or several, to what a broken service, a proxy or a bad cable may make of it. Then
either it is refused, or every number read from it is the one it had.
"""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import Request, document
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment_layer._connection import Reply
from bayesian_verifier.judgment_layer._outcome import meaning_of_reply, meanings_of_list
from bayesian_verifier.judgment_layer._reply import Expected

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._outcome import Meaning

NAME = "0" * 32 + "-" + "1" * 16
SOUND = document(Request(1, "/", {"x-request-id": NAME}, json.dumps({"judgments": [0] * 10}).encode()))
HEADERS = {b"x-request-id": NAME.encode(), b"x-model-version": SOUND["model"]["version"].encode()}
EXPECTED = Expected(NAME, 10)
Path = tuple[str | int, ...]


class Raw(str):
    """Characters that stand in the JSON as they are."""

    __slots__ = ()


def paths(value: Any, at: Path = ()) -> list[Path]:  # noqa: ANN401
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for key, one in inner for path in paths(one, (*at, key))]


# No plausible value of another: each of these is wrong wherever it stands, or stands where nothing is read.
WRONG = st.sampled_from(
    [
        Raw(text)
        for text in ("NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e999", "1e308", "-1e308", "0x1", "01")
    ]
    + [Raw("1" * 5000), Raw("-1" + "0" * 400), Raw("tru"), Raw('"\\ud800"'), Raw('"'), Raw("")]
) | st.one_of(
    st.none(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just("0.61"),
    st.just(NAME[::-1]),
    st.integers(11, 10**30),
    st.integers(-(10**30), -1),
)
DROP = object()
CHANGES = st.lists(
    st.tuples(st.sampled_from(paths(SOUND)), WRONG | st.just(DROP)),
    min_size=1,
    max_size=3,
    unique_by=lambda c: c[0],
)


def changed(changes: list[tuple[Path, Any]]) -> bytes:
    """The sound document with these places changed, as JSON or nearly so."""
    given = copy.deepcopy(SOUND)
    raw: dict[str, str] = {}
    for path, new in sorted(changes, key=lambda change: -len(change[0])):
        place = given
        for key in path[:-1]:
            place = place[key]
        if new is DROP:
            del place[path[-1]]
        elif isinstance(new, Raw):
            mark = f"raw-{len(raw)}"
            raw[f'"{mark}"'] = str(new)
            place[path[-1]] = mark
        else:
            place[path[-1]] = new
    text = json.dumps(given)
    for mark, new in raw.items():
        text = text.replace(mark, new)
    return text.encode()


def said(meaning: Meaning) -> tuple[object, ...]:
    """All that is read of a reply."""
    assert meaning.posterior is not None
    belief = meaning.posterior.belief
    return (
        belief.mean,
        belief.sd,
        belief.quantiles,
        meaning.posterior.informative,
        meaning.posterior.trustworthy,
        meaning.posterior.model_version,
    )


SOUNDLY = (0.61, 0.18, (0.3, 0.49, 0.6, 0.72, 0.92), 10, True, "2026-11-23T10-00-00Z-1f3c")


def check(meaning: Meaning) -> None:
    """Refused with a reason, or believed as it was."""
    assert (meaning.posterior is None) == (meaning.reason is not None)
    if meaning.posterior is None:
        assert meaning.reason == "invalid_reply"
        assert meaning.failed
        assert len(meaning.detail) < 1000
        meaning.detail.encode()  # it goes into logs and journals
    else:
        assert said(meaning) == SOUNDLY
        numbers = (
            meaning.posterior.belief.mean,
            meaning.posterior.belief.sd,
            *meaning.posterior.belief.quantiles,
        )
        assert all(type(number) is float and math.isfinite(number) for number in numbers)


def test_the_sound_reply_is_believed() -> None:
    """Or nothing below means anything."""
    meaning = meaning_of_reply(Reply(200, HEADERS, changed([])), EXPECTED)
    assert said(meaning) == SOUNDLY


@settings(deadline=None, max_examples=1500)
@given(changes=CHANGES)
@example(changes=[(("posterior", "risk_aversion", "mean"), Raw("NaN"))])
@example(changes=[(("posterior", "risk_aversion", "quantiles", "0.5"), Raw("1e999"))])
@example(changes=[(("model", "version"), "another")])
@example(changes=[(("request_id",), NAME[:-1])])
def test_p3_p4_a_reply_that_was_changed_is_refused_or_says_what_it_said(
    changes: list[tuple[Path, Any]],
) -> None:
    """At one to three places."""
    check(meaning_of_reply(Reply(200, HEADERS, changed(changes)), EXPECTED))


@settings(deadline=None, max_examples=400)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_p3_a_byte_lost_or_broken_never_makes_a_number_that_is_none(at: int, byte: int, cut: bool) -> None:
    """A broken digit cannot be noticed; what comes of it is a finite belief that is possible, or a refusal."""
    body = bytearray(changed([]))
    at %= len(body)
    body[at : at + 1] = b"" if cut else bytes([byte])
    meaning = meaning_of_reply(Reply(200, HEADERS, bytes(body)), EXPECTED)
    assert (meaning.posterior is None) == (meaning.reason is not None)
    if meaning.posterior is not None:
        belief = meaning.posterior.belief
        assert all(math.isfinite(number) for number in (belief.mean, belief.sd, *belief.quantiles))
        assert 0 < belief.sd <= 10


@settings(deadline=None, max_examples=300)
@given(changes=CHANGES, place=st.integers(0, 2))
def test_p4_in_a_list_only_the_one_that_was_changed_is_refused(
    changes: list[tuple[Path, Any]], place: int
) -> None:
    """The others are believed, unless the whole is no JSON any more."""
    documents = [json.dumps(SOUND | {"request_id": f"{NAME}.{index}"}) for index in range(3)]
    documents[place] = changed([*changes, *_renamed(place, changes)]).decode()
    reply = Reply(200, HEADERS, ("[" + ",".join(documents) + "]").encode())
    meanings = meanings_of_list(reply, NAME, [EXPECTED._replace(request_id=f"{NAME}.{i}") for i in range(3)])
    for meaning in meanings:
        check(meaning)
    refused = [meaning.posterior is None for meaning in meanings]
    assert all(refused) or not any(refused[:place] + refused[place + 1 :])


def _renamed(place: int, changes: list[tuple[Path, Any]]) -> list[tuple[Path, Any]]:
    return (
        [] if any(path == ("request_id",) for path, _ in changes) else [(("request_id",), f"{NAME}.{place}")]
    )


@pytest.mark.parametrize("shift", [1, 2])
def test_p4_a_list_in_another_order_is_refused(shift: int) -> None:
    """Each element names its place."""
    documents = [SOUND | {"request_id": f"{NAME}.{index}"} for index in range(3)]
    turned = documents[shift:] + documents[:shift]
    expected = [EXPECTED._replace(request_id=f"{NAME}.{i}") for i in range(3)]
    reply = Reply(200, HEADERS, json.dumps(turned).encode())
    assert [meaning.reason for meaning in meanings_of_list(reply, NAME, expected)] == ["invalid_reply"] * 3
