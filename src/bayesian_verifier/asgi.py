"""How does any ASGI server get the application?

`uvicorn bayesian_verifier.asgi:create --factory`. Prefer `bayesian-verifier serve`: such a server closes its door in
the moment in which readiness flips, and reads HTTP without limits of its own on heads, connections and slow clients.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bayesian_verifier.commands.serve import service_of
from bayesian_verifier.settings import read_settings

if TYPE_CHECKING:
    from fastapi import FastAPI


def create() -> FastAPI:
    """The application, from the settings in the environment. Raises SettingsError."""
    environ = dict(os.environ)
    return service_of(read_settings(environ), environ, own_signals=True)
