"""What more does a problem say under /v2?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from bayesian_verifier.serving._problems import Problem


def in_words_of(path: str, problem: Problem) -> Problem:
    """The problem as the protocol of a path asks for it: under /v2 the detail also stands in `error`."""
    if path != "/v2" and not path.startswith("/v2/"):
        return problem
    content = orjson.loads(problem.document)
    return problem._replace(document=orjson.dumps({"error": content["detail"], **content}))
