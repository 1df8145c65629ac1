"""A dashboard as it is served: its own server on a free loopback port, and files like those of a Judgment Layer."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from bayesian_verifier.commands._page import Rules, dashboard_of
from bayesian_verifier.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.dashboard import Dashboard

TOKEN = "a-token-for-the-tests"  # noqa: S105 it guards nothing
PATIENCE = 60.0


class Page:
    """A page that is served at `url`."""

    def __init__(self, url: str, dashboard: Dashboard, token: str | None) -> None:
        self.url = url
        self.dashboard = dashboard
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=f"{url}/dashboard", headers=headers, timeout=PATIENCE)

    def get(self, path: str):
        """A document of its data."""
        reply = self.client.get(f"/api/{path}")
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_constant=_not_json)

    def read(self) -> dict[str, Any]:
        """Its state, once everything is read and heard."""
        return self.until(lambda state: not state["reading"] and not state["waiting"])

    def until(self, is_so) -> dict[str, Any]:
        """Its state, once something is so."""
        deadline = time.monotonic() + PATIENCE
        while not is_so(state := self.get("state")):
            assert time.monotonic() < deadline, state
            time.sleep(0.02)
        return state


def _not_json(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@contextmanager
def served(
    directory: Path, *, token: str | None = None, leaving=lambda: False, policies: Path | None = None
) -> Iterator[Page]:
    """The page of the files in a directory."""
    options = {"journal": str(directory / "judgments.jsonl"), "model_store": directory / "models"}
    if policies is not None:
        options["policies"] = policies
    if token is not None:
        file = directory / "token"
        file.write_text(token)
        options["token_file"] = file
    settings = read_settings({}, options)
    ends = threading.Event()
    dashboard = dashboard_of(settings, Rules(settings), leaving=lambda: leaving() or ends.is_set())
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(
            dashboard.app,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=30,
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    page = Page(url, dashboard, token)
    try:
        yield page
    finally:
        page.client.close()
        ends.set()
        server.should_exit = True
        thread.join(60)
        listener.close()
        dashboard.close()
    assert not thread.is_alive()


def lines_of(directory: Path, name: str = "judgments") -> list[dict[str, Any]]:
    """All lines of a journal, read plainly: every file, in order."""
    files = [*sorted(directory.glob(f"{name}.0*.jsonl")), directory / f"{name}.jsonl"]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def of_kind(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Those of one kind."""
    return [one for one in lines if one["kind"] == kind]


def key_of(page: Page, subject: str) -> str:
    """What stands for a person in addresses."""
    people = page.client.get("/api/people", params={"find": subject}).json()["people"]
    return str(next(one["key"] for one in people if one["subject"] == subject))
