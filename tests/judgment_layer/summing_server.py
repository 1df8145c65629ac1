"""A service that sums judgments honestly: its state stands for a list of them, and it says which it was."""

from __future__ import annotations

import json
import secrets
import threading
from typing import TYPE_CHECKING, Any

from faulty_server import QUANTILES, Request, http

if TYPE_CHECKING:
    import socket

Evidence = tuple[float, int, str | None, float | None]


def evidence_of(judgment: dict[str, Any]) -> Evidence:
    """What tells judgments apart in these tests: wealth, choice, feedback and reward."""
    return (
        judgment.get("wealth", 0.0),
        judgment["chosen"],
        judgment.get("feedback"),
        judgment.get("reward"),
    )


class Summing:
    """A behaviour of the test server that keeps the contract of `state`.

    version: of its model; a state of another one is refused.   form: a state of another one is unreadable.
    sums: what each answer rested on, in order.   sent: how many judgments came with each question.
    """

    def __init__(self, length: int = 400) -> None:
        self.version = "m1"
        self.form = "s1"
        self.sums: list[list[Evidence]] = []
        self.sent: list[int] = []
        self.bytes: list[int] = []
        self._length = length  # of a state, in characters
        self._states: dict[str, tuple[str, str, list[Evidence]]] = {}
        self._lock = threading.Lock()

    def __call__(self, client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        """Answer one question, or a list of them."""
        question, name = json.loads(request.body), request.headers["x-request-id"]
        self.bytes.append(len(request.body))
        if request.target.endswith("/v1/posteriors"):
            assert isinstance(question, list)
            assert len(question) <= 64
            answers = [self.answer(one, f"{name}.{index}") for index, one in enumerate(question)]
            client.sendall(http(json.dumps(answers).encode()))
            return True
        answer = self.answer(question, name)
        line = f"{answer['status']} No" if "status" in answer else "200 OK"
        client.sendall(http(json.dumps(answer).encode(), line))
        return True

    def answer(self, question: dict[str, Any], request_id: str) -> dict[str, Any]:
        """A posterior or a problem."""
        with self._lock:
            before: list[Evidence] = []
            if "state" in question:
                version, form, before = self._states[question["state"]]
                if form != self.form:
                    return _problem(422, errors=[{"pointer": "/state", "rule": "unreadable_state"}])
                if version != self.version:
                    return _problem(409)
            new = [evidence_of(one) for one in question["judgments"]]
            answered = [one for one in new if one[2:] != (None, None)]
            self.sums.append(before + answered)
            self.sent.append(len(new))
            return self._posterior(request_id, before + answered, len(before) + len(new))

    def _posterior(self, request_id: str, summed: list[Evidence], judgments: int) -> dict[str, Any]:
        state = secrets.token_hex(8).ljust(self._length, "A")
        self._states[state] = (self.version, self.form, summed)
        return {
            "request_id": request_id,
            "model": {"name": "bayesian-verifier", "version": self.version},
            "posterior": {"risk_aversion": {"mean": 0.61, "sd": 0.18, "quantiles": QUANTILES}},
            "evidence": {"judgments": judgments, "informative": len(summed), "refuted": 0},
            "checks": {"trustworthy": True, "reasons": []},
            "state": state,
        }


def _problem(status: int, **more: object) -> dict[str, Any]:
    return {"type": "about:blank", "title": "no", "status": status, "detail": "because"} | more
