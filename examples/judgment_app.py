"""What does an agent with a Judgment Layer look like to those who talk to it?

    python examples/judgment_app.py [--url http://127.0.0.1:8080] [--journal judgments.jsonl] [--port 8000] [--host …]

A small program with a Judgment Layer inside, over HTTP and the standard library alone. A side-car that is away, slow or
broken changes who answers, and never that somebody does.

    POST /judge     {"subject": "ada", "options": […]}        a choice, with who made it and why
    POST /feedback  {"judgment": "…", "feedback": "approve"}  what the person said of it
    GET  /health                                              200 as long as this process can choose
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.errors import BayesianVerifierError, CallerError

MOST_BYTES = 1 << 20


def judged(layer: JudgmentLayer, asked: dict[str, Any]) -> dict[str, Any]:
    """The layer's choice, for a caller who knows nothing of us."""
    subject = asked.pop("subject", None)
    decision = layer.judge(asked, subject=subject)
    return {
        "judgment": decision.id,
        "chosen": decision.chosen,
        "verdict": decision.verdict,
        "source": decision.assessment.source,
        "reason": decision.assessment.reason,
        "risk_aversion": {"mean": decision.assessment.mean, "sd": decision.assessment.sd},
        "model_version": decision.assessment.model_version,
        "recorded": decision.recorded,
        "says": decision.meta_comment,
    }


def told(layer: JudgmentLayer, said: dict[str, Any]) -> dict[str, Any]:
    """Note what a person said of a choice."""
    layer.feedback(said["judgment"], said.get("feedback"), said.get("reward"))
    return {"judgment": said["judgment"]}


class Handler(BaseHTTPRequestHandler):
    """One connection. The layer is its server's."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server: App

    def do_GET(self) -> None:
        """Whether it can choose: it always can."""
        if self.path != "/health":
            return self._answer(HTTPStatus.NOT_FOUND, {"error": "there is /health, /judge and /feedback"})
        health = self.server.layer.health()
        return self._answer(HTTPStatus.OK, {"waiting": health.waiting, "lost": health.lost})

    def do_POST(self) -> None:
        """A case to judge, or feedback on a judgment."""
        work = {"/judge": judged, "/feedback": told}.get(self.path)
        length = int(self.headers.get("Content-Length", "-1"))
        if work is None or not 0 <= length <= MOST_BYTES:
            self.close_connection = True
            return self._answer(
                HTTPStatus.BAD_REQUEST, {"error": "POST at most 1 MiB to /judge or /feedback"}
            )
        try:
            return self._answer(HTTPStatus.OK, work(self.server.layer, json.loads(self.rfile.read(length))))
        except (CallerError, ValueError, KeyError, TypeError, AttributeError) as exc:
            return self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(exc)})
        except BayesianVerifierError as exc:
            return self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(exc)})

    def _answer(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the standard library's name
        """Nothing: the journal says what was chosen."""


class App(ThreadingHTTPServer):
    """A server that holds a Judgment Layer, which threads may share."""

    def __init__(self, host: str, port: int, layer: JudgmentLayer) -> None:
        super().__init__((host, port), Handler)
        self.layer = layer


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--url", default="http://127.0.0.1:8080", help="the side-car; http+unix:///… for a socket"
    )
    parser.add_argument("--journal", default="judgments.jsonl")
    parser.add_argument(
        "--host", default="127.0.0.1", help="where to listen; anybody who can connect may ask"
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--timeout", type=float, default=0.05, help="seconds that the side-car has for an answer"
    )
    chosen = parser.parse_args()
    with (
        VerifierClient(chosen.url, timeout=chosen.timeout) as client,
        Journal(chosen.journal) as journal,
        JudgmentLayer(client, MetaJudgmentController(), journal) as layer,
        App(chosen.host, chosen.port, layer) as app,
    ):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=app.shutdown).start())
        print(f"listening on http://{chosen.host}:{app.server_port}", flush=True)
        app.serve_forever()


if __name__ == "__main__":
    main()
