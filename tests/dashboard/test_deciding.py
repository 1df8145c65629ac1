"""Approvals and rejections from the page: one line of the ledger each, by whoever has the token, once, and in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bayesian_verifier.journal import Journal, read_log
from dashboard.pages import TOKEN, lines_of, of_kind, served

WHO = {"verdict": "approve", "by": "Maria", "why": "looks right"}


def pending(page):
    return next(one for one in page.get("operations")["decisions"] if one["status"] == "pending")


@pytest.mark.parametrize(("verdict", "kind"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision_is_a_line_of_the_ledger(own_page, own_files, verdict, kind):
    """And what was approved answers from then on, as after `retrain approve`."""
    asked = pending(own_page)
    promotions = len(of_kind(lines_of(own_files, "ledger"), "promotion"))
    said = own_page.client.post(f"/api/decisions/{asked['id']}", json={**WHO, "verdict": verdict})
    assert said.status_code == 200
    (line,) = [one for one in lines_of(own_files, "ledger") if one["id"] == said.json()["line"]]
    promoted = of_kind(lines_of(own_files, "ledger"), "promotion")[promotions:]
    current = next((own_files / "models").glob("*/current")).read_text().strip()
    if verdict == "approve":
        assert [one["challenger"] for one in promoted] == [current] == [asked["challenger"]]
    else:
        assert promoted == []
        assert current != asked["challenger"]
    assert (line["kind"], line["request"], line["by"], line["why"]) == (
        kind,
        asked["id"],
        "Maria",
        "looks right",
    )
    own_page.until(lambda state: state["pending"] == 0)
    (shown,) = [one for one in own_page.get("operations")["decisions"] if one["id"] == asked["id"]]
    assert (shown["status"], shown["by"], shown["why"]) == (kind, "Maria", "looks right")
    assert all(hasattr(one, "event") for one in read_log(own_files / "ledger.jsonl"))


def test_nothing_is_decided_twice(own_page, own_files):
    asked = pending(own_page)["id"]
    assert own_page.client.post(f"/api/decisions/{asked}", json=WHO).status_code == 200
    before = lines_of(own_files, "ledger")
    assert (
        own_page.client.post(f"/api/decisions/{asked}", json={**WHO, "verdict": "reject"}).status_code == 409
    )
    assert own_page.client.post("/api/decisions/nobody-asked", json=WHO).status_code == 409
    assert lines_of(own_files, "ledger") == before


def test_what_has_expired_is_not_decided(own_page, own_files):
    past = datetime.now(UTC) - timedelta(seconds=1)
    with Journal(own_files / "ledger.jsonl") as ledger:
        fields = {"what": "promotion", "challenger": "b", "champion": "a", "default": "reject"}
        asked = ledger.append(
            "approval_asked", {**fields, "expires": past.isoformat().replace("+00:00", "Z")}
        )
    said = own_page.client.post(f"/api/decisions/{asked}", json=WHO)
    assert said.status_code == 409
    assert "expired" in said.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer not-the-right-token"}, 401),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_only_the_page_itself_with_the_token_decides(own_page, own_files, headers, status):
    before = lines_of(own_files, "ledger")
    asked = pending(own_page)["id"]
    all_headers = {"Content-Type": "application/json", **headers}
    said = own_page.client.post(f"/api/decisions/{asked}", content=json.dumps(WHO), headers=all_headers)
    assert said.status_code == status
    assert lines_of(own_files, "ledger") == before


def test_without_a_token_nobody_decides(own_files):
    with served(own_files) as page:
        page.read()
        assert page.get("state")["decides"] is False
        said = httpx.post(f"{page.url}/dashboard/api/decisions/{pending(page)['id']}", json=WHO)
    assert said.status_code == 403
    assert "token" in said.json()["detail"]
    assert len(of_kind(lines_of(own_files, "ledger"), "approved")) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b'{"verdict": "perhaps", "by": "Maria"}', 400),
        (b'{"verdict": "approve", "by": "  "}', 400),
        (b'{"verdict": "approve", "by": 5}', 400),
        (b'{"verdict": "approve"}', 400),
        (b'{"verdict": "approve", "by": "Maria", "more": 1}', 400),
        (b'{"verdict": "approve", "by": "' + 81 * b"a" + b'"}', 400),
        (b"[" * 5_000, 400),
        (b" " * 9_000, 413),
        (b"\xff\xfe", 400),
    ],
)
def test_a_body_that_is_no_decision_is_refused(own_page, own_files, body, status):
    asked = pending(own_page)["id"]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    said = own_page.client.post(f"/api/decisions/{asked}", content=body, headers=headers)
    assert said.status_code == status
    assert own_page.get("state")["pending"] == 1
