"""The same inference and summary as the service's, served by BentoML as its documentation shows."""

import os
from pathlib import Path
from typing import Any

import _ours
import bentoml


@bentoml.service(workers=1, traffic={"timeout": 60})
class Posterior:
    """One worker, as the service has one inference thread."""

    def __init__(self) -> None:
        self.engine = _ours.engine(Path(os.environ["BV_COMPILATION_CACHE"]))

    @bentoml.api(route="/v1/posterior")
    def posterior(self, judgments: list[dict[str, Any]]) -> dict[str, Any]:
        return _ours.document(self.engine, judgments)
