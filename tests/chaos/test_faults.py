"""Does each fault do to a reply what it says, and does a seed repeat the weather?"""

from __future__ import annotations

import json
import random

import h11
import pytest

from chaos.faults import FAULTS, SOUND, End, Given, Raw
from chaos.weather import FAIR_AT_FIRST, SLICE, fault, is_deaf, is_faulty, weather

SEEDS = range(20)
LONGEST = 2000  # steps; a longer script has no end worth waiting for


def reply(mean: float, name: str) -> Raw:
    """A reply of the service as it writes it."""
    content = {
        "request_id": name,
        "model": {"name": "bayesian-verifier", "version": "2026"},
        "posterior": {"risk_aversion": {"mean": mean, "sd": 0.2}},
    }
    body = json.dumps(content, separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return Raw(head.encode(), body)


OWN, FORMER = reply(0.6, "own"), reply(0.7, "former")


def script(name: str, seed: int) -> list[bytes | float | End]:
    """What a fault makes of the reply."""
    steps = []
    for step in FAULTS[name](Given(OWN, FORMER, random.Random(seed))):
        steps.append(step)
        if len(steps) > LONGEST:
            break
    return steps


def first_body(data: bytes, *, ended: bool) -> bytes | None:
    """The body of the first reply that a strict reader of HTTP finds in some bytes; None if there is none."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Content-Length", "0")]))
    reader.send(h11.EndOfMessage())
    body = b""
    try:
        reader.receive_data(data)
        if ended:
            reader.receive_data(b"")
        while True:
            event = reader.next_event()
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return body
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None


@pytest.mark.parametrize("name", FAULTS)
def test_only_after_a_sound_fault_the_answer_has_arrived(name: str) -> None:
    """Whatever else was sent, or was not."""
    for seed in SEEDS if name != "continues" else SEEDS[:1]:
        steps = script(name, seed)
        data = b"".join(step for step in steps if isinstance(step, bytes))
        body = first_body(data, ended=End.CLOSE in steps)
        assert (body == OWN.body) == (name in SOUND)


@pytest.mark.parametrize(
    ("name", "status"),
    [("status_429", 429), ("status_500", 500), ("status_503", 503), ("status_504", 504), ("http_1_0", 200)],
)
def test_a_status_is_the_one_that_is_named(name: str, status: int) -> None:
    """In the first line."""
    (first, *_) = script(name, 0)
    assert isinstance(first, bytes)
    assert int(first.split()[1]) == status


def test_a_wrong_reply_is_wrong_in_one_thing_only() -> None:
    """So that no other check of a client could notice it."""
    for name, place in (("wrong_id", ("request_id",)), ("wrong_version", ("model", "version"))):
        body = first_body(b"".join(s for s in script(name, 1) if isinstance(s, bytes)), ended=False)
        assert body is not None
        changed, own = json.loads(body), json.loads(OWN.body)
        for part in (changed, own):
            inner = part
            for key in place[:-1]:
                inner = inner[key]
            inner.pop(place[-1])
        assert changed == own


def test_every_spelling_of_no_number_comes_up() -> None:
    """Over the seeds."""
    seen = {
        bytes(step) for seed in range(200) for step in script("not_a_number", seed) if isinstance(step, bytes)
    }
    for spelling in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"null", b'"NaN"'):
        assert any(b'"mean":' + spelling + b"," in one for one in seen)


def test_a_seed_repeats_the_weather_and_another_has_its_own() -> None:
    """Slice by slice, request by request."""
    times = [FAIR_AT_FIRST + SLICE * n for n in range(40)]

    def course(seed: int) -> list[object]:
        return [(weather(seed, t), is_faulty(seed, t, 3, 4), is_deaf(seed, t, 5)) for t in times]

    assert course(1) == course(1)
    assert course(1) != course(2)


def test_every_fault_comes_up_and_so_does_fair_weather() -> None:
    """In ten minutes of any seed, with nobody listening now and then; and it is fair at first."""
    for seed in (1, 2, 3):
        times = [SLICE * n for n in range(int(600 / SLICE))]
        assert 0 < sum(weather(seed, t).shut for t in times) < len(times) / 5
        assert not any(is_faulty(seed, 0.5, connection, 1) for connection in range(100))
        mixed = next(t for t in times if len(weather(seed, t).faults) > 1)
        kinds = len(FAULTS) - 1
        assert {fault(seed, mixed, before) for before in range(kinds)} == set(FAULTS) - {"whole"}
        assert {fault(seed, mixed, before) for before in range(kinds, 2 * kinds)} == set(FAULTS) - {"whole"}
