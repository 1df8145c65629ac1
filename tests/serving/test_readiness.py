"""Live at once, ready when a posterior is served at full speed, and not ready first when leaving."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import create_app
from serving.closed_form import VERSION, judgment
from serving.conftest import wait_shut

if TYPE_CHECKING:
    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve


def test_live_before_the_model_is_loaded_and_ready_only_after(engine: Engine, serve: Serve) -> None:
    """While loading, readiness, model and posterior are 503 with the reason; then all are 200."""
    may_load = threading.Event()

    def load() -> Engine:
        may_load.wait(30)
        return engine

    with serve(create_app(load), wait_until_ready=False) as (client, _):
        assert client.get("/health/live").status_code == 200
        for reply in (
            client.get("/health/ready"),
            client.get("/v1/model"),
            client.post("/v1/posterior", json={"judgments": []}),
        ):
            assert reply.status_code == 503
            assert "being loaded" in reply.json()["detail"]
            assert reply.headers["x-model-version"] == "none"
        page = client.get("/health").json()
        assert (page["status"], page["model"], page["last_reload"]) == ("loading", None, None)
        assert "bayesian_verifier_ready 0.0" in client.get("/metrics").text
        may_load.set()
        deadline = time.monotonic() + 60
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline
        assert client.get("/health").json()["model"]["version"] == VERSION
        assert client.post("/v1/posterior", json={"judgments": []}).status_code == 200


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            ArtifactError("weights.npz: sha256 differs; publish the model again"),
            "weights.npz: sha256 differs",
        ),
        (RuntimeError("secret detail"), "the log has the details"),
    ],
)
def test_service_stays_up_when_the_model_cannot_be_loaded(serve: Serve, fault: Exception, said: str) -> None:
    """Readiness says which file and what to do; what was not foreseen is left to the log."""

    def load() -> Engine:
        raise fault

    with serve(create_app(load), wait_until_ready=False) as (client, _):
        deadline = time.monotonic() + 60
        while client.get("/health").json()["status"] != "failed":
            assert time.monotonic() < deadline
        reply = client.get("/health/ready")
        assert reply.status_code == 503
        assert said in reply.json()["detail"]
        assert "secret" not in reply.text
        assert client.get("/health/live").status_code == 200
        assert client.post("/v1/posterior", json={"judgments": []}).status_code == 503


def test_draining_flips_readiness_and_finishes_what_was_accepted(engine: Engine, serve: Serve) -> None:
    """A request being answered when the signal comes gets its answer; later ones get 503."""
    taken, go_on = threading.Event(), threading.Event()
    replies = []

    def slow_seed() -> int:
        taken.set()
        go_on.wait(30)
        return 7

    app = create_app(lambda: engine, make_seed=slow_seed)
    with serve(app, drain_seconds=30) as (client, server):
        body = {"judgments": [judgment(1.0)], "draws": 2}
        asking = threading.Thread(target=lambda: replies.append(client.post("/v1/posterior", json=body)))
        asking.start()
        assert taken.wait(60)
        server.handle_exit(15, None)
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health").json()["status"] == "draining"
        wait_shut(app)
        assert client.post("/v1/posterior", json={"judgments": []}).status_code == 503
        go_on.set()
        asking.join(60)
    assert [reply.status_code for reply in replies] == [200]
    assert replies[0].json()["seed"] == 7


def test_page_for_people_tells_model_queue_and_uptime(engine: Engine, serve: Serve) -> None:
    """By clocks that are passed in."""
    with serve(create_app(lambda: engine, queue_limit=9, wall=lambda: 1_600_000_000.0)) as (client, _):
        page = client.get("/health").json()
    assert page["status"] == "ready"
    assert page["reason"] is None
    assert page["queue"] == {"waiting": 0, "limit": 9}
    assert page["last_reload"] == {
        "at": "2020-09-13T12:26:40+00:00",
        "version": VERSION,
        "outcome": "loaded",
        "reason": None,
    }
    assert page["model"]["parameters"] == ["risk_aversion", "choice_noise"]
    assert page["uptime_seconds"] > 0
    assert page["recompilations"] == 0
