"""A hundred thousand events: as many questions to the tables as for a few, and replies no longer than may be."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime

import pytest

from dashboard.pages import key_of, served

EVENTS = 100_000
PEOPLE = 500


def sealed(members):
    """A line as docs/operations.md describes it, written without the package."""
    body = json.dumps(members, separators=(",", ":"))[:-1].encode()
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    directory = tmp_path_factory.mktemp("crowded")
    options = [
        {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
        {"outcomes": [{"payoff": 9.0, "probability": 1.0}]},
    ]
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    with (directory / "judgments.jsonl").open("wb") as file:
        for n in range(EVENTS // 2):
            at = (
                datetime.fromtimestamp(start + 60 * n, UTC)
                .isoformat(timespec="microseconds")
                .replace("+00:00", "Z")
            )
            envelope = {"v": 1, "seq": 2 * n + 1, "id": f"j{n}", "ts": at, "writer": "w"}
            judgment = {
                **envelope,
                "kind": "judgment",
                "subject": f"person {n % PEOPLE}" if n % 2 else "busy",
                "case": {"wealth": 0.0, "options": options},
                "chosen": 0,
                "verdict": "proved",
                "posterior": {"mean": (n % 100) / 50, "sd": 0.2, "quantiles": None},
                "source": "controller" if n % 10 == 0 else "verifier",
                "reason": "timeout" if n % 10 == 0 else None,
                "model_version": "m",
                "meta_comment": "",
                "elapsed_ms": 1.0,
            }
            feedback = {
                **envelope,
                "seq": 2 * n + 2,
                "id": f"f{n}",
                "kind": "feedback",
                "judgment": f"j{n}",
                "feedback": "approve",
                "reward": None,
            }
            file.write(sealed(judgment) + sealed(feedback))
    return directory


def test_views_of_a_hundred_thousand_events_are_bounded(crowded, page):
    with served(crowded) as large:
        state = large.read()
        assert (state["judgments"], state["feedback"]) == (EVENTS // 2, EVENTS // 2)
        assert large.get("population")["controller"] == EVENTS // 20
        everybody = large.get("people?limit=100000")
        assert (len(everybody["people"]), everybody["matching"]) == (200, PEOPLE // 2 + 1)
        busy = key_of(large, "busy")
        few = key_of(page, "Ada")
        for path, twin in (
            ("state", "state"),
            ("people?limit=200", "people?limit=200"),
            (f"people/{busy}", f"people/{few}"),
            ("population", "population"),
            ("operations", "operations"),
            ("ledger", "ledger"),
        ):
            asked = [queries(large, path), queries(page, twin)]
            assert asked[0] <= asked[1] <= 14, path
            assert len(large.client.get(f"/api/{path}").content) < 500_000, path
        found = large.get(f"people/{busy}")
        assert found["in_range"] == EVENTS // 4
        assert 1_000 < len(found["points"]["t"]) <= 2_000
        assert found["points"]["t"][-1] == found["last"]


def queries(page, path):
    """How many questions to the tables a view takes."""
    cache = page.dashboard._cache
    before = cache.queries
    page.get(path)
    return cache.queries - before
