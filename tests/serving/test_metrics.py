"""What Prometheus reads."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import jax
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bayesian_verifier.serving import compile_engine, create_app
from serving.closed_form import (
    VERSION,
    ClosedFormSimulator,
    Fault,
    LikelySimulator,
    closed_form_model,
    judgment,
    typical_people,
)

if TYPE_CHECKING:
    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve


def sample(client: httpx.Client, name: str, **labels: str) -> float | None:
    """The value of one sample, by Prometheus's own parser."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for one in family.samples:
            if one.name == name and labels.items() <= one.labels.items():
                return one.value
    return None


def test_requests_are_counted_by_route_and_status(engine: Engine, serve: Serve) -> None:
    """Routes that do not exist share one name, so that nobody can fill the memory with them."""
    with serve(create_app(lambda: engine)) as (client, _):
        for _ in range(3):
            client.post("/v1/posterior", json={"judgments": [judgment(1.0)]})
        client.post("/v1/posterior", content=b"{")
        client.get("/x")
        client.get("/y")
        requests = "bayesian_verifier_http_requests_total"
        assert sample(client, requests, route="/v1/posterior", status="200") == 3
        assert sample(client, requests, route="/v1/posterior", status="415") == 1
        assert sample(client, requests, route="other", status="404") == 2
        assert sample(client, "bayesian_verifier_inference_duration_seconds_count") == 3
        assert sample(client, "bayesian_verifier_evidence_judgments_sum") == 3


def test_posteriors_not_to_be_trusted_are_counted_by_reason(engine: Engine, serve: Serve) -> None:
    """One that rests on 513 judgments."""
    with serve(create_app(lambda: engine)) as (client, _):
        full = client.post("/v1/posterior", json={"judgments": [judgment(0.1)] * 512}).json()
        client.post("/v1/posterior", json={"judgments": [judgment(0.1)], "state": full["state"]})
        name = "bayesian_verifier_untrusted_posteriors_total"
        assert sample(client, name, reason="more_evidence_than_trained") == 1


def test_state_of_the_service_is_told(client: httpx.Client) -> None:
    """Ready, the model's name, the queue, the process."""
    assert sample(client, "bayesian_verifier_ready") == 1
    assert sample(client, "bayesian_verifier_model_info", version=VERSION) == 1
    assert sample(client, "bayesian_verifier_queue_depth") == 0
    assert sample(client, "bayesian_verifier_queue_limit") == 64
    assert (sample(client, "process_resident_memory_bytes") or 0) > 1e7


@pytest.mark.parametrize("corrected", [False, True])
def test_no_request_compiles_anything(serve: Serve, corrected: bool) -> None:
    """Three hundred of any size, with any number of draws, by state or not."""
    simulator = LikelySimulator() if corrected else ClosedFormSimulator()
    engine = compile_engine(
        closed_form_model(fault=Fault(1.2, 0.9), typicality=typical_people()), simulator, points=1024
    )
    chance = random.Random(4)
    with serve(create_app(lambda: engine)) as (client, _):
        states: list[str | None] = [None]
        for index in range(300):
            size = chance.choice([0, 1, 512, chance.randint(0, 512)]) if index < 60 else chance.randint(0, 8)
            body = {
                "judgments": [judgment(chance.uniform(-1, 1))] * size,
                "draws": chance.choice([0, 1, 4096, chance.randint(0, 4096)]),
                "state": chance.choice(states),
            }
            reply = client.post("/v1/posterior", json=body)
            assert reply.status_code == 200
            assert len((reply.json()["draws"] or {"risk_aversion": []})["risk_aversion"]) == body["draws"]
            states.append(reply.json()["state"])
        assert sample(client, "bayesian_verifier_recompilations_total") == 0
        assert sample(client, "bayesian_verifier_inference_duration_seconds_count") == 300
        jax.jit(lambda x: x + len(states))(np.zeros(11))
        assert (sample(client, "bayesian_verifier_recompilations_total") or 0) > 0


def test_units_and_suffixes_follow_the_conventions(client: httpx.Client) -> None:
    """Counters end in _total, times are in seconds, every metric has a help text."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        assert family.documentation
        if family.name.startswith("bayesian_verifier_"):
            assert "_ms" not in family.name
            if family.type == "counter":
                assert any(one.name.endswith("_total") for one in family.samples) or not family.samples
