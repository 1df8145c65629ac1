"""What Prometheus reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from bayesian_verifier.serving import create_app
from serving.closed_form import VERSION, judgment

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


def test_units_and_suffixes_follow_the_conventions(client: httpx.Client) -> None:
    """Counters end in _total, times are in seconds, every metric has a help text."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        assert family.documentation
        if family.name.startswith("bayesian_verifier_"):
            assert "_ms" not in family.name
            if family.type == "counter":
                assert any(one.name.endswith("_total") for one in family.samples) or not family.samples
