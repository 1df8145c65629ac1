"""What Prometheus reads."""

from __future__ import annotations

import math
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import jax
import numpy as np
import pytest
from prometheus_client.openmetrics import parser as openmetrics
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


def test_names_and_labels_follow_the_conventions(engine: Engine, serve: Serve) -> None:
    """Prometheus's: one prefix, base units last, _total for what only grows, help for people, few labels.

    Source: prometheus.io, "Metric and label naming" and "Instrumentation".
    """
    with serve(create_app(lambda: engine)) as (client, _):
        client.post("/v1/posterior", json={"judgments": [judgment(1.0, subject="ada")]})
        client.get("/v1/ada")
        text = client.get("/metrics").text
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    own = [family for family in families if family.name.startswith("bayesian_verifier_")]
    assert len(own) > 15
    for family in own:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", family.name)
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|milliseconds|minutes|percent|count|sum|bucket|total)$", family.name)
        units = re.findall(r"_(seconds|bytes|timestamp_seconds)(?=_|$)", family.name)
        assert all(family.name.endswith((unit, f"{unit}_created")) for unit in units), family.name
        if family.type == "counter":
            assert all(one.name.endswith(("_total", "_created")) for one in family.samples)
        for one in family.samples:
            assert set(one.labels) <= {"route", "status", "outcome", "reason", "le", *BUILD, "name"}
            assert "ada" not in one.labels.values()


BUILD = ("version", "jax", "python")


def test_both_formats_are_those_of_their_own_parsers(client: httpx.Client) -> None:
    """Prometheus's text by default, OpenMetrics for those who ask for it: the same names and kinds in both."""
    client.post("/v1/posterior", json={"judgments": []})
    plain = client.get("/metrics")
    modern = client.get(
        "/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    )
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert modern.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert modern.text.endswith("# EOF\n")
    names = {f.name for f in openmetrics.text_string_to_metric_families(modern.text)}
    also = {f.name.removesuffix("_info") for f in text_string_to_metric_families(plain.text)}
    assert names == {name for name in also if not name.endswith("_created")}


@pytest.mark.parametrize(
    "accept", ["*/*", "application/openmetrics-text", "application/openmetrics-text; version=x", ";;=,", "é"]
)
def test_no_accept_header_spoils_the_metrics(client: httpx.Client, accept: str) -> None:
    """Whoever asks oddly gets one of the two."""
    assert client.get("/metrics", headers={"accept": accept.encode()}).status_code == 200


def test_times_are_told_apart_where_callers_lose_patience(client: httpx.Client) -> None:
    """From a tenth of a millisecond to a second, with the client's own time limit of 50 ms among the bounds."""
    client.post("/v1/posterior", json={"judgments": []})
    for family in text_string_to_metric_families(client.get("/metrics").text):
        if family.type == "histogram" and family.name.endswith("_seconds"):
            bounds = sorted({float(one.labels["le"]) for one in family.samples if "le" in one.labels})
            assert bounds[0] == 0.0001
            assert bounds[-2:] == [1.0, math.inf]
            assert 0.05 in bounds
            assert all(later / one <= 2.5 for one, later in pairwise(bounds[:-1]))


def test_refusals_are_counted_by_kind_and_requests_in_flight_are_seen(engine: Engine, serve: Serve) -> None:
    """Those that say the service is short of something are there before the first."""
    begun, go_on = threading.Event(), threading.Event()

    def held_seed() -> int:
        begun.set()
        go_on.wait(30)
        return 1

    app = create_app(lambda: engine, make_seed=held_seed, queue_limit=1)
    name = "bayesian_verifier_http_refusals_total"
    with serve(app) as (client, _), ThreadPoolExecutor(1) as pool:
        before = sample(client, name, reason="not-ready") or 0.0
        assert [sample(client, name, reason=one) for one in ("queue-full", "out-of-budget")] == [0, 0]
        held = pool.submit(client.post, "/v1/posterior", json={"judgments": [], "draws": 1})
        assert begun.wait(60)
        assert client.post("/v1/posterior", json={"judgments": []}).status_code == 429
        # this one, and the one that is held
        assert sample(client, "bayesian_verifier_http_requests_in_flight") == 2
        go_on.set()
        assert held.result(10).status_code == 200
        late = {"x-request-timeout-ms": "0"}
        assert client.post("/v1/posterior", json={"judgments": []}, headers=late).status_code == 504
        client.get("/nowhere")
        counted = [sample(client, name, reason=one) for one in ("queue-full", "out-of-budget", "http")]
        assert counted == [1, 1, 1]
        assert sample(client, name, reason="not-ready") == before
        assert sample(client, "bayesian_verifier_http_requests_in_flight") == 1
