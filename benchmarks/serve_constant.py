"""What does the door cost? The service as it is, its inference replaced by an answer made beforehand.

    python benchmarks/serve_constant.py --port 9000

Same application, middleware, worker thread, reading and validation of the body, encoding of the reply.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import _ours
import _people

from bayesian_verifier.serving import create_app, listen_tcp, listen_unix, server_of
from bayesian_verifier.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from bayesian_verifier.serving import Answer, Engine, Question

JUDGMENTS = 32


def application() -> FastAPI:
    """The service's own application, around one answer."""
    known: list[Answer] = []

    def load() -> Engine:
        engine = _ours.engine()
        known.append(_ours.answer_of(engine, _people.judgments_of(_people.person(1, JUDGMENTS))))
        return engine

    def constant(
        question: Question, engine: Engine, *, clock: Callable[[], float], make_seed: Callable[[], int]
    ) -> Answer:
        del question, engine, clock, make_seed
        return known[0]

    settings = read_settings({})
    return create_app(load, queue_limit=settings.queue_limit, infer=constant)


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--port", type=int)
    place.add_argument("--uds", type=Path)
    asked = parser.parse_args()
    settings = read_settings({})
    listener = listen_tcp("127.0.0.1", asked.port) if asked.uds is None else listen_unix(asked.uds)
    server = server_of(
        application(),
        keep_alive_seconds=settings.keep_alive_seconds,
        drain_seconds=0.0,
        grace_seconds=1.0,
        log_level="warning",
    )
    server.run([listener])


if __name__ == "__main__":
    main()
