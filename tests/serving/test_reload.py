"""Another model takes the place of the one that answers: wholly, between two answers, or not at all."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import Pointer, Renewal, compile_engine, create_app
from serving.closed_form import ClosedFormSimulator, Fault, closed_form_model, judgment
from serving.test_metrics import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

# One reward of 1: r ~ N(1/2, 1/2), from a network that is wrong by so many sd of that.
BODY = {"judgments": [judgment(1.0)], "draws": 1, "seed": 1}
MEANS = {"v1": 0.5, "v2": 0.5 + 0.5**0.5}


def engine_of(version: str, fault: Fault) -> Engine:
    return compile_engine(closed_form_model(version, fault=fault), ClosedFormSimulator(), points=256)


@pytest.fixture(scope="module")
def engines() -> dict[str, Engine]:
    """Two versions whose posteriors cannot be mistaken for one another."""
    return {"v1": engine_of("v1", Fault()), "v2": engine_of("v2", Fault(shift=1.0))}


class Shelf:
    """A store in memory: what it names, and what comes of loading that."""

    def __init__(self, contents: dict[str, Engine | Exception], current: str) -> None:
        self.contents = contents
        self.current = current
        self.tried: list[str] = []

    def load(self) -> Engine:
        self.tried.append(self.current)
        found = self.contents[self.current]
        if isinstance(found, Exception):
            raise found
        return found

    def renewal(self, every: float = 0.0) -> Renewal:
        return Renewal(lambda _: self.load(), lambda: Pointer(self.current), every=every)


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def last_reload(client: httpx.Client) -> dict[str, Any]:
    said: dict[str, Any] = client.get("/health").json()["last_reload"]
    return said


def reloads(client: httpx.Client, outcome: str) -> float:
    return sample(client, "bayesian_verifier_model_reloads_total", outcome=outcome) or 0.0


def assert_wholly_of_one_version(reply: httpx.Response) -> str:
    """Header, body and numbers of an answer on any route say the same version; which."""
    assert reply.status_code == 200, reply.text
    version = reply.headers["x-model-version"]
    content = reply.json()
    for one in content if isinstance(content, list) else [content]:
        if "outputs" in one:
            said, mean = one["model_version"], one["outputs"][1]["data"][0]
        else:
            said, mean = one["model"]["version"], one["posterior"]["risk_aversion"]["mean"]
        assert said == version
        assert mean == pytest.approx(MEANS[version], abs=0.01)
    return version


def in_tensors(body: dict[str, Any]) -> dict[str, Any]:
    import json

    texts = [json.dumps(one) for one in body["judgments"]]
    given = {"name": "judgments", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return {"inputs": [given], "parameters": {"draws": body["draws"], "seed": 1}}


INFER = "/v2/models/closed-form/infer"
ASKED = {"/v1/posterior": BODY, "/v1/posteriors": [BODY] * 5, INFER: in_tensors(BODY)}


def test_each_reply_is_wholly_of_one_version_while_models_change(
    engines: dict[str, Engine], serve: Serve
) -> None:
    """On every route, with lists of many; both versions answer many times, and nobody is refused."""
    shelf = Shelf(dict(engines), "v1")
    seen: dict[str, list[str]] = {route: [] for route in ASKED}
    told = threading.Event()

    def ask(base: httpx.URL, route: str) -> None:
        import httpx

        with httpx.Client(base_url=base, timeout=120) as own:
            while not told.is_set():
                seen[route].append(assert_wholly_of_one_version(own.post(route, json=ASKED[route])))
                manifest = own.get("/v1/model")
                assert manifest.json()["version"] == manifest.headers["x-model-version"]
                page = own.get("/health")
                assert page.json()["model"]["version"] == page.headers["x-model-version"]

    with (
        serve(create_app(shelf.load, renewal=shelf.renewal())) as (client, server),
        ThreadPoolExecutor(len(ASKED)) as pool,
    ):
        service = server.config.app.state.service
        asking = [pool.submit(ask, client.base_url, route) for route in ASKED]
        try:
            for turn in range(30):
                shelf.current = "v2" if turn % 2 == 0 else "v1"
                service.reload()
                wait_until(lambda: service.model_version == shelf.current)
                time.sleep(0.02)
        finally:
            told.set()
        for one in asking:
            one.result(60)
        assert reloads(client, "loaded") == 30
    for versions in seen.values():
        assert set(versions) == {"v1", "v2"}


def held(begun: threading.Event, go_on: threading.Semaphore) -> Callable[[], int]:
    """Seeds that are made only when allowed, so that a turn of the inference thread can be held."""

    def make() -> int:
        begun.set()
        assert go_on.acquire(timeout=30)
        return 1

    return make


@pytest.mark.parametrize("route", [*ASKED, "/v2/models/closed-form/versions/v1/infer"])
def test_a_request_that_waits_is_answered_by_the_model_of_its_turn(
    engines: dict[str, Engine], serve: Serve, route: str
) -> None:
    """One whose turn had begun, by the old one to its end, list or not; one behind it, by the new one."""
    shelf = Shelf(dict(engines), "v1")
    begun, go_on = threading.Event(), threading.Semaphore(0)
    app = create_app(shelf.load, renewal=shelf.renewal(), make_seed=held(begun, go_on))
    holding = {**BODY, "seed": None}
    with serve(app) as (client, server), ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, "/v1/posteriors", json=[holding, BODY, BODY])
        assert begun.wait(60)
        body = ASKED.get(route, ASKED[INFER])
        waiting = pool.submit(client.post, route, json=body)
        wait_until(lambda: client.get("/health").json()["queue"]["waiting"] == 2)
        shelf.current = "v2"
        server.config.app.state.service.reload()
        wait_until(lambda: server.config.app.state.service.model_version == "v2")
        go_on.release(10)
        assert assert_wholly_of_one_version(first.result(60)) == "v1"
        if "versions" in route:
            refused = waiting.result(60)
            assert (refused.status_code, refused.headers["x-model-version"]) == (404, "v2")
        else:
            assert assert_wholly_of_one_version(waiting.result(60)) == "v2"


def test_a_state_of_the_model_before_is_refused_in_the_name_of_the_new_one(
    engines: dict[str, Engine], serve: Serve
) -> None:
    """409, and one of the new model is taken."""
    shelf = Shelf(dict(engines), "v1")
    with serve(create_app(shelf.load, renewal=shelf.renewal())) as (client, server):
        state = client.post("/v1/posterior", json=BODY).json()["state"]
        shelf.current = "v2"
        server.config.app.state.service.reload()
        wait_until(lambda: client.get("/v1/model").json()["version"] == "v2")
        refused = client.post("/v1/posterior", json={**BODY, "state": state})
        assert (refused.status_code, refused.headers["x-model-version"]) == (409, "v2")
        fresh = client.post("/v1/posterior", json=BODY).json()["state"]
        assert client.post("/v1/posterior", json={**BODY, "state": fresh}).status_code == 200


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ArtifactError("weights.npz: does not match the sha256"), "weights.npz: does not match"),
        (RuntimeError("secret detail"), "the log has the details"),
        (MemoryError(), "the log has the details"),
    ],
)
def test_a_reload_that_fails_changes_nothing(
    engines: dict[str, Engine], serve: Serve, fault: Exception, said: str
) -> None:
    """Ready, the same answers; the page says what failed and why; told again it is tried again, and not before."""
    shelf = Shelf({"v1": engines["v1"], "broken": fault}, "v1")
    app = create_app(shelf.load, renewal=shelf.renewal(0.02), wall=lambda: 1_600_000_000.0)
    with serve(app) as (client, server):
        shelf.current = "broken"
        wait_until(lambda: last_reload(client)["outcome"] == "failed")
        assert client.get("/health/ready").status_code == 200
        assert assert_wholly_of_one_version(client.post("/v1/posterior", json=BODY)) == "v1"
        page = client.get("/health").json()
        assert (page["status"], page["reason"], page["model"]["version"]) == ("ready", None, "v1")
        assert said in page["last_reload"].pop("reason")
        assert page["last_reload"] == {
            "at": "2020-09-13T12:26:40+00:00",
            "version": "broken",
            "outcome": "failed",
        }
        time.sleep(0.2)
        assert shelf.tried == ["v1", "broken"]
        server.config.app.state.service.reload()
        wait_until(lambda: reloads(client, "failed") == 2)
        assert sample(client, "bayesian_verifier_model_last_load_successful") == 0
        shelf.current = "v1"
        wait_until(lambda: last_reload(client)["outcome"] == "unchanged")
        assert sample(client, "bayesian_verifier_model_last_load_successful") == 1
        assert shelf.tried == ["v1", "broken", "broken", "v1"]


def test_a_service_that_could_not_load_its_first_model_recovers_by_itself(
    engines: dict[str, Engine], serve: Serve
) -> None:
    """Once the store names one that can be loaded; before, it says why it is not ready."""
    shelf = Shelf({"broken": ArtifactError("manifest.json: missing"), **engines}, "broken")
    app = create_app(shelf.load, renewal=shelf.renewal(0.02))
    with serve(app, wait_until_ready=False) as (client, _):
        wait_until(lambda: "manifest.json" in client.get("/health/ready").text)
        shelf.current = "v2"
        wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert assert_wholly_of_one_version(client.post("/v1/posterior", json=BODY)) == "v2"


def test_what_is_named_while_another_is_loaded_is_loaded_next(
    engines: dict[str, Engine], serve: Serve
) -> None:
    """The store names v2, then v1 again while v2 is read: the last word wins."""
    shelf = Shelf(dict(engines), "v1")
    begun, go_on = threading.Event(), threading.Event()

    def slow_reload(_: Engine) -> Engine:
        found = shelf.load()
        if found.version == "v2":
            begun.set()
            assert go_on.wait(30)
        return found

    renewal = Renewal(slow_reload, lambda: Pointer(shelf.current), every=0.02)
    with serve(create_app(shelf.load, renewal=renewal)) as (client, _):
        shelf.current = "v2"
        assert begun.wait(60)
        shelf.current = "v1"
        go_on.set()
        wait_until(lambda: reloads(client, "loaded") == 2)
        assert client.get("/v1/model").json()["version"] == "v1"


def test_only_what_a_reload_compiles_is_expected(serve: Serve) -> None:
    """Its compilations are counted apart; the same beside it, in another thread, would be a recompilation."""
    made = deque([engine_of("v1", Fault())])

    def compiled(_: Engine | None = None) -> Engine:
        return made.popleft() if made else engine_of("v2", Fault(shift=1.0))

    renewal = Renewal(compiled, lambda: Pointer(None))
    with serve(create_app(compiled, renewal=renewal)) as (client, server):
        server.config.app.state.service.reload()
        wait_until(lambda: reloads(client, "loaded") == 1)
        for _ in range(20):
            assert assert_wholly_of_one_version(client.post("/v1/posterior", json=BODY)) == "v2"
        assert client.get("/health").json()["recompilations"] == 0
        assert (sample(client, "bayesian_verifier_compilations_total") or 0) >= 2
        assert (sample(client, "bayesian_verifier_compilation_seconds_total") or 0) > 0
        jax.jit(lambda x: x * len(made) + 3)(np.zeros(13))
        assert client.get("/health").json()["recompilations"] > 0


def test_models_that_answer_no_more_are_freed(serve: Serve) -> None:
    """Twenty reloads later as many compiled functions are alive as after two, and of exported ones the last two."""
    versions = iter(range(100))
    exported: list[weakref.ref[object]] = []

    def compiled(_: Engine | None = None) -> Engine:
        model = closed_form_model(f"n{next(versions)}")
        exported.append(weakref.ref(model.function._exported))
        return compile_engine(model, ClosedFormSimulator(), points=64, many=64)

    client_of_jax = jax.devices()[0].client
    alive = []
    renewal = Renewal(compiled, lambda: Pointer(None))
    with serve(create_app(compiled, renewal=renewal)) as (client, server):
        service = server.config.app.state.service
        for count in range(1, 21):
            service.reload()
            wait_until(lambda count=count: reloads(client, "loaded") == count)  # type: ignore[misc]
            wait_until(lambda: not service.is_loading)
            alive.append(len(client_of_jax.live_executables()))
        # whoever held the last but one lets go of it when its thread has a turn
        wait_until(lambda: len(client_of_jax.live_executables()) <= alive[1])
        wait_until(lambda: sum(one() is not None for one in exported) <= 2)


def test_a_service_that_leaves_loads_nothing_more(engines: dict[str, Engine], serve: Serve) -> None:
    """Neither when told to nor when another version is named."""
    shelf = Shelf(dict(engines), "v1")
    with serve(create_app(shelf.load, renewal=shelf.renewal(0.02))) as (client, server):
        service = server.config.app.state.service
        service.drain()
        shelf.current = "v2"
        service.reload()
        time.sleep(0.2)
        assert client.get("/health").json()["model"]["version"] == "v1"
    assert shelf.tried == ["v1"]
    assert not service.is_loading
