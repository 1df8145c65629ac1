"""Who is let in, and what a browser is told."""

from __future__ import annotations

import logging
import re
import socket
from importlib.resources import files

import httpx
import pytest

from dashboard.pages import TOKEN, served

DATA = ("state", "people", "people/0123456789abcdef", "population", "operations", "ledger", "stream")


@pytest.mark.parametrize("path", DATA)
def test_with_a_token_no_data_is_had_without_it(own_page, path):
    for wrong in ({}, {"Authorization": "Bearer another-token-here"}, {"Authorization": f"Basic {TOKEN}"}):
        said = httpx.get(f"{own_page.url}/dashboard/api/{path}", headers=wrong)
        assert said.status_code == 401
        assert said.headers["www-authenticate"].startswith("Bearer")
        assert said.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=["host", "origin", "null origin", "fetch site"],
)
def test_other_pages_get_no_data(page, path, headers):
    assert page.client.get(f"/api/{path}", headers=headers).status_code == 403


def test_its_own_page_gets_data(page):
    headers = {"Origin": page.url, "Sec-Fetch-Site": "same-origin"}
    assert page.client.get("/api/state", headers=headers).status_code == 200


def test_the_page_opens_from_a_link_elsewhere_and_holds_nothing(own_page):
    said = httpx.get(f"{own_page.url}/dashboard/", headers={"Sec-Fetch-Site": "cross-site"})
    assert said.status_code == 200
    assert "Ada" not in said.text
    assert httpx.get(f"{own_page.url}/dashboard/", headers={"Host": "evil.example"}).status_code == 403
    assert httpx.get(f"{own_page.url}/dashboard").headers["location"] == "/dashboard/"
    assert httpx.get(f"{own_page.url}/dashboard/api/access").json() == {"token": True}


def test_every_reply_tells_the_browser_to_take_nothing_from_elsewhere(own_page):
    for path in ("/", "/static/app.js", "/static/none.js", "/api/state", "/api/nothing"):
        headers = own_page.client.get(path).headers
        policy = dict(
            one.strip().partition(" ")[::2] for one in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_pages_own_text_needs_nothing_inline_and_nothing_from_elsewhere():
    static = files("bayesian_verifier.dashboard") / "static"
    html = (static / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style|style=|\son\w+=", html)
    for one in [*static.iterdir(), *(static / "views").iterdir()]:
        if one.name.endswith((".js", ".css", ".html")):
            text = one.read_text()
            assert not re.search(
                r"https?://(?!www\.w3\.org/2000/svg)|innerHTML|insertAdjacentHTML|document\.write|eval\(",
                text,
            )


def test_the_library_comes_with_its_licence():
    (folder,) = (files("bayesian_verifier.dashboard") / "static" / "vendor").iterdir()
    assert "MIT" in (folder / "LICENSE.txt").read_text()
    assert folder.name.removeprefix("uplot-") in (folder / "uPlot.iife.min.js").read_text()[:400]


def test_paths_outside_the_page_are_not_there(page):
    for path in (
        "/static/../__init__.py",
        "/static/%2e%2e/_app.py",
        "/static/",
        "/static/views",
        "/else",
        "/api/else",
    ):
        assert page.client.get(path).status_code == 404
    assert page.client.post("/api/state").status_code == 405


def test_a_question_that_cannot_be_read_is_refused(page):
    wrong = (
        "population?from=x",
        "population?to=-1",
        "population?from=2&to=1",
        "population?from=nan",
        "people/ADA",
        f"people?find={'a' * 201}",
        "people?offset=inf",
    )
    for path in wrong:
        assert page.client.get(f"/api/{path}").status_code == 400, path
    assert len(page.get("people?limit=100000")["people"]) <= 200


def test_a_file_that_a_browser_has_is_not_sent_again(page):
    first = page.client.get("/static/app.js")
    again = page.client.get("/static/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_names_are_in_no_log(own_files, caplog):
    caplog.set_level(logging.DEBUG)
    with served(own_files) as page:
        page.read()
        for one in page.get("people?limit=200")["people"]:
            page.get(f"people/{one['key']}")
        page.client.get("/api/people", params={"find": "Wanda"})
        page.client.get("/api/people/Wanda")
        page.dashboard._cache._connection.close()  # from here on every question fails
        assert page.client.get("/api/people", params={"find": "Wanda"}).status_code == 500
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert any("the dashboard failed" in one for one in ours)
    assert not any("Wanda" in one for one in ours)


def test_a_reply_is_whole_for_a_client_that_reads_slowly(page):
    with socket.create_connection(("127.0.0.1", int(page.url.rpartition(":")[2]))) as client:
        client.sendall(
            b"GET /dashboard/api/population HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        data = b""
        while piece := client.recv(997):
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length
    assert int(length[1]) == len(body)
