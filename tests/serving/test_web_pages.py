"""No web page gets an answer, whatever way it asks: by what browsers send, and by a browser where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.serving import admission, create_app
from serving.bodies import GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

TOKEN = "a-token-of-twenty-four-c"  # noqa: S105 a token for this test alone
MODEL = "/v2/models/closed-form"
GETS = (
    "/health/live", "/health/ready", "/health", "/v1/model", "/metrics", "/openapi.json", "/docs", "/v2",
    "/v2/health/live", "/v2/health/ready", MODEL, f"{MODEL}/ready", "/nowhere",
)  # fmt: skip
POSTS = ("/v1/posterior", "/v1/posteriors", f"{MODEL}/infer")
EVIL = "http://evil.example"
#: What Chromium 156 sends from a page of another origin, by what the page does.
FROM_PAGES = {
    "fetch": {"origin": EVIL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
    "fetch without CORS": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"},
    "image": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    "script": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
    "frame": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    "link": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    "sandboxed frame": {"origin": "null", "sec-fetch-site": "cross-site"},
    "page on another port of this machine": {"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-site"},
    "old browser": {"origin": EVIL, "referer": EVIL + "/"},
    "web socket": {"origin": EVIL, "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"},
    "rebound name": {"host": "evil.example:8080"},
    "rebound name, as the same origin": {"host": "evil.example", "origin": EVIL, "sec-fetch-site": "same-origin"},
}  # fmt: skip


def assert_kept_from(reply: httpx.Response, status: int = 403) -> None:
    """A refusal that no page could read even if it were none."""
    assert reply.status_code == status
    assert not [name for name in reply.headers if name.startswith("access-control-")]
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("headers", FROM_PAGES.values(), ids=FROM_PAGES)
def test_no_route_answers_a_page(client: httpx.Client, headers: dict[str, str]) -> None:
    """Every GET, every POST with a good body, every HEAD: 403 before anything is looked at."""
    for path in GETS:
        assert_kept_from(client.get(path, headers=headers))
        assert_kept_from(client.head(path, headers=headers))
    for path in POSTS:
        assert_kept_from(client.post(path, json=json.loads(GOOD), headers=headers))


@pytest.mark.parametrize("path", [*GETS, *POSTS])
def test_a_browser_that_asks_whether_it_may_ask_is_told_no(client: httpx.Client, path: str) -> None:
    """The request before the request of CORS, private networks included."""
    headers = FROM_PAGES["fetch"] | {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization",
        "access-control-request-private-network": "true",
    }
    assert_kept_from(client.options(path, headers=headers))
    assert client.options(path).status_code in (404, 405)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ],
)
def test_what_a_page_may_send_without_asking_is_read_by_no_route(
    client: httpx.Client, path: str, kind: str
) -> None:
    """Even if it said nothing of where it comes from."""
    assert_kept_from(client.post(path, content=GOOD, headers={"content-type": kind}), 415)


@pytest.fixture(scope="module")
def guarded(engine: Engine, serve: Serve) -> Iterator[httpx.Client]:
    """A service that can be reached from other machines."""
    gate = admission(host="0.0.0.0", loopback=False, token=TOKEN)  # noqa: S104 nothing listens there
    with serve(create_app(lambda: engine, admission=gate)) as (client, _):
        yield client


def test_without_the_token_no_route_but_the_probes_answers_and_with_it_no_page(guarded: httpx.Client) -> None:
    """Every method of every route; what is refused says nothing of whether the route exists."""
    probes = {path for path in GETS if path.endswith(("health/live", "health/ready"))}
    for path in (*GETS, *POSTS):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            if path in probes:
                continue
            assert guarded.request(method, path).status_code == 401
    for path in GETS:
        headers = {"authorization": f"Bearer {TOKEN}"} | FROM_PAGES["fetch"]
        assert_kept_from(guarded.get(path, headers=headers))
    for path in POSTS:
        # the same server that refuses early asks for the token before it says whether its queue is full
        assert guarded.post(path, json=json.loads(GOOD)).status_code == 401
        allowed = guarded.post(path, content=b"[]", headers={"authorization": f"Bearer {TOKEN}"})
        assert allowed.status_code == 415


def test_a_path_that_only_looks_like_a_probe_needs_the_token(guarded: httpx.Client) -> None:
    """By whatever spelling."""
    for path in (
        "/health/live/",
        "//health/live",
        "/health/live/../../metrics",
        "/HEALTH/LIVE",
        "/health/live%00",
    ):
        assert guarded.get(path).status_code in (401, 404), path
        assert guarded.get(path).status_code != 200


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGE = """<!doctype html><title>evil</title><body><script>
const service = "%s", body = %s, seen = {};
async function tried(name, ask) {
  try { const reply = await ask(); seen[name] = reply.type + " " + reply.status + " " + (await reply.text()).length; }
  catch (error) { seen[name] = "failed"; }
}
function embedded(tag, source) {
  return new Promise(done => {
    const element = document.createElement(tag);
    element.onload = () => { seen[tag] = "loaded"; done(); };
    element.onerror = () => { seen[tag] = "failed"; done(); };
    element.src = service + source; document.body.append(element);
  });
}
(async () => {
  for (const path of ["/v1/model", "/metrics", "/health", "/v2", "/docs"])
    await tried("get " + path, () => fetch(service + path));
  for (const path of ["/v1/posterior", "/v1/posteriors"]) {
    const plain = {method: "POST", body}, typed = {...plain, headers: {"Content-Type": "application/json"}};
    await tried("plain " + path, () => fetch(service + path, plain));
    await tried("typed " + path, () => fetch(service + path, typed));
    await tried("blind " + path, () => fetch(service + path, {...plain, mode: "no-cors"}));
  }
  navigator.sendBeacon(service + "/v1/posterior", new Blob([body], {type: "text/plain"}));
  await embedded("img", "/metrics"); await embedded("script", "/v1/model");
  const form = document.createElement("form"), frame = document.createElement("iframe");
  frame.name = form.target = "sink"; form.method = "POST"; form.enctype = "text/plain";
  form.action = service + "/v1/posterior";
  document.body.append(frame, form); form.submit();
  await new Promise(done => setTimeout(done, 500));
  document.title = "done";
  document.body.innerText = JSON.stringify(seen);
})();
</script>"""


@pytest.fixture
def evil_page() -> Iterator[tuple[str, list[str]]]:
    """A page on another port, under a name of its own. Gives its URL; the list takes what the page is."""
    content: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = content[0].encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://evil.test:{server.server_port}/", content
        server.shutdown()
        thread.join(60)


def browsed(url: str, profile: Path) -> str:
    """What a browser without a window shows of a page, evil.test being a name of this machine."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", f"--user-data-dir={profile}", "--host-resolver-rules=MAP evil.test 127.0.0.1",
        "--virtual-time-budget=15000", "--dump-dom", url,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: install chromium to try this with a real one")
def test_a_page_in_a_real_browser_sees_nothing_and_has_nothing_done(
    engine: Engine, serve: Serve, evil_page: tuple[str, list[str]], tmp_path: Path
) -> None:
    """It fetches, embeds, submits and rebinds: it reads no reply, and the service has only refusals to count."""
    url, content = evil_page
    with serve(create_app(lambda: engine)) as (client, _):
        service = str(client.base_url).rstrip("/")
        content.append(PAGE % (service, json.dumps(GOOD)))
        before = counted(client)
        shown = browsed(url, tmp_path / "profile")
        rebound = browsed(f"http://evil.test:{client.base_url.port}/v1/model", tmp_path / "profile")
        own = browsed(f"{service}/v1/model", tmp_path / "profile")
        after = counted(client)
    seen = json.loads(re.search(r"\{.*\}", shown)[0])  # type: ignore[index]
    assert len(seen) >= 13
    assert set(seen.values()) <= {"failed", "opaque 0 0"}
    assert "urn:bayesian-verifier:problem:forbidden" in rebound
    assert "closed-form" in own
    new = {key: count - before.get(key, 0) for key, count in after.items() if count > before.get(key, 0)}
    answered = {key: count for key, count in new.items() if key[1] == "200" and key[0] != "/metrics"}
    assert answered == {("/v1/model", "200"): 1.0}
    assert sum(count for key, count in new.items() if key[1] == "403") >= 13


def counted(client: httpx.Client) -> dict[tuple[str, str], float]:
    """Requests by route and status."""
    line = re.compile(
        r'^bayesian_verifier_http_requests_total\{route="([^"]*)",status="(\d+)"\} (\S+)$', re.MULTILINE
    )
    return {
        (route, status): float(count) for route, status, count in line.findall(client.get("/metrics").text)
    }
