"""What every reply carries, and who gets none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayesian_verifier.serving import Admission, admission, create_app
from serving.closed_form import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

TOKEN = "a-token-of-twenty-four-c"  # noqa: S105 a token for this test alone
ROUTES = ("/health/live", "/health/ready", "/health", "/v1/model", "/metrics", "/openapi.json", "/docs")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", path, 200) for path in ROUTES),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/posterior/", 404),
        ("GET", "/%00%ff", 404),
        ("GET", "/v1/posterior", 405),
        ("DELETE", "/v1/posterior", 405),
        ("POST", "/health", 405),
        ("POST", "/v1/posterior", 415),
    ],
)
def test_every_reply_carries_id_and_version(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    """Found or not; and what is refused is refused as a problem."""
    reply = client.request(method, path, headers={"x-request-id": "an.id_of-mine"})
    assert reply.status_code == status
    assert reply.headers["x-request-id"] == "an.id_of-mine"
    assert reply.headers["x-model-version"] == VERSION
    if status >= 400:
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["status"] == status


def test_method_that_is_not_allowed_names_the_one_that_is(client: httpx.Client) -> None:
    """RFC 9110, 15.5.6."""
    assert client.get("/v1/posterior").headers["allow"] == "POST"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=140))
def test_id_is_echoed_when_it_matches_and_made_when_not(client: httpx.Client, given_id: str) -> None:
    """The rule of the contract, by Python's own regular expressions."""
    made = client.get("/health/live", headers={"x-request-id": given_id}).headers["x-request-id"]
    if re.fullmatch(r"[A-Za-z0-9._-]{1,128}", given_id):
        assert made == given_id
    else:
        assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_made_ids_differ(client: httpx.Client) -> None:
    """A hundred of them."""
    assert len({client.get("/health/live").headers["x-request-id"] for _ in range(100)}) == 100


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
def test_names_of_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    """With any port: a port may be forwarded."""
    assert client.get("/health/live", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", ""],
)
def test_rebound_names_are_refused(client: httpx.Client, host: str) -> None:
    """DNS rebinding: a page's own name that resolves to loopback."""
    for path in ("/health/ready", "/v1/model", "/nowhere"):
        assert client.get(path, headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1"]
)
def test_pages_of_other_origins_are_refused(client: httpx.Client, origin: str) -> None:
    """Another port of this machine is another origin."""
    reply = client.post("/v1/posterior", json={"judgments": []}, headers={"origin": origin})
    assert reply.status_code == 403
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("none", 200), ("same-origin", 200)]
)
def test_requests_a_page_sends_without_an_origin_are_refused(
    client: httpx.Client, site: str, status: int
) -> None:
    """A browser says so in Sec-Fetch-Site (an image, a script, a link)."""
    assert client.get("/metrics", headers={"sec-fetch-site": site}).status_code == status


def test_our_own_page_may_ask(client: httpx.Client) -> None:
    """/docs sends requests from the origin it was loaded from."""
    headers = {"origin": str(client.base_url).rstrip("/")}
    assert client.post("/v1/posterior", json={"judgments": []}, headers=headers).status_code == 200


@pytest.fixture(scope="module")
def guarded(engine: Engine, serve: Serve) -> Iterator[httpx.Client]:
    """A service that asks for a token, as one beyond loopback does."""
    gate = admission(host="0.0.0.0", loopback=False, token=TOKEN)  # noqa: S104 nothing listens there
    with serve(create_app(lambda: engine, admission=gate)) as (client, _):
        yield client


@pytest.mark.parametrize("path", ["/health", "/v1/model", "/metrics", "/docs", "/openapi.json", "/nowhere"])
@pytest.mark.parametrize(
    "sent",
    [None, "", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xff"],
)
def test_without_the_token_nothing_is_answered(guarded: httpx.Client, path: str, sent: str | None) -> None:
    """Not even whether a route exists."""
    headers = {} if sent is None else {"authorization": sent.encode("latin-1")}
    reply = guarded.get(path, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_with_the_token_everything_is_answered(guarded: httpx.Client) -> None:
    """By whatever name the machine is called; the scheme's spelling does not matter."""
    headers = {"authorization": f"bearer {TOKEN}", "host": "side-car:8080"}
    assert guarded.get("/v1/model", headers=headers).status_code == 200
    assert guarded.post("/v1/posterior", json={"judgments": []}, headers=headers).status_code == 200


def test_probes_need_no_token(guarded: httpx.Client) -> None:
    """Who starts and stops the service has none."""
    assert guarded.get("/health/live").status_code == 200
    assert guarded.get("/health/ready").status_code == 200


PROBES = {
    "/health/live": {"status": "live"},
    "/health/ready": {"status": "ready"},
    "/v2/health/live": {"live": True},
    "/v2/health/ready": {"live": True, "ready": True},
}


@pytest.mark.parametrize("host", ["10.1.2.3:8080", "[fd00::7]:8080", "side-car", "evil.example"])
def test_beyond_loopback_a_probe_may_come_under_any_name_and_says_only_whether_it_is_ready(
    guarded: httpx.Client, host: str
) -> None:
    """A kubelet asks by the pod's address; who rebinds a name gets that, no more, and nothing of other routes."""
    for path, said in PROBES.items():
        reply = guarded.get(path, headers={"host": host})
        assert (reply.status_code, reply.json()) == (200, said)
        from_a_page = {"host": host, "origin": "https://another.example"}
        assert guarded.get(path, headers=from_a_page).status_code == 403
    for path in ("/health", "/v1/model", "/metrics", "/v2"):
        assert guarded.get(path, headers={"host": host}).status_code == 401


def test_the_token_does_not_open_the_service_to_web_pages(guarded: httpx.Client) -> None:
    """A page that learned the token is still refused."""
    headers = {"authorization": f"Bearer {TOKEN}", "origin": "https://evil.example"}
    assert guarded.get("/v1/model", headers=headers).status_code == 403


def test_a_unix_socket_is_answered_by_any_name() -> None:
    """No web page can reach it, and clients call it what they like."""
    gate = admission(host="127.0.0.1", loopback=False, token=None)
    gate.admit("/health", {b"host": b"anything"})
    assert Admission().hosts is not None
