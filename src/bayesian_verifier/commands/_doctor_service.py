"""Would the service start here, and answer? Each part that it needs is tried as the service would."""

from __future__ import annotations

import http.client
import socket
import stat
import sys
import time
from typing import TYPE_CHECKING

from bayesian_verifier.commands._finding import Finding, bad, ok, tried, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bayesian_verifier.settings import Settings

PACKAGES = (
    "numpy", "pydantic", "z3-solver", "jax", "jaxlib", "flatbuffers", "fastapi", "orjson",
    "prometheus-client", "uvicorn", "httptools",
)  # fmt: skip
OLDEST, NEWEST = (3, 11), (3, 13)
_ASK_SECONDS = 2.0


def looked_at_program() -> Iterator[Finding]:
    """Python, and what is installed."""
    version = ".".join(map(str, sys.version_info[:3]))
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        yield ok("python", version)
    else:
        yield bad("python", f"{version}: needs 3.11 to 3.13", "install one of them, and make .venv anew")
    yield _packages()


def looked_at_service(settings: Settings, environ: Mapping[str, str], *, quick: bool) -> Iterator[Finding]:
    """Token, model, place to listen and cache; unless quick also whether the model answers."""
    yield tried("token", lambda: _token(settings), "write 16 characters or more into it: docs/http.md")
    yield tried("model", lambda: _model(settings), "bayesian-verifier models rollback, or publish it again")
    if not quick:
        yield tried("answer", lambda: _answer(settings, environ), "mend the model or the packages first")
    yield tried("port", lambda: _place(settings), "stop what uses it, or set BV_PORT or BV_UDS")
    yield _cache(settings, environ)


def _packages() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    found, missing = [], []
    for package in ("bayesian-verifier", *PACKAGES):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        return bad("packages", f"missing {', '.join(missing)}", "pip install 'bayesian-verifier[serve]'")
    return ok("packages", ", ".join(found))


def _token(settings: Settings) -> Finding:
    from bayesian_verifier.settings import read_token

    path = settings.token_file
    if path is None:
        return ok("token", "none asked for")
    read_token(settings)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning("token", f"{path} has mode {mode:04o}: others can reach it", f"chmod 600 {path}")
    return ok("token", f"read from {path}, mode {mode:04o}")


def _model(settings: Settings) -> Finding:
    from bayesian_verifier.serving import verified_model
    from bayesian_verifier.settings import model_store

    manifest = verified_model(model_store(settings), settings.model_name).manifest
    files = ", ".join(f"{name} {digest[:12]}…" for name, digest in sorted(manifest.files.items()))
    return ok("model", f"{manifest.name} {manifest.version}; as its manifest says, by sha256: {files}")


def _answer(settings: Settings, environ: Mapping[str, str]) -> Finding:
    from bayesian_verifier.serving import load_engine
    from bayesian_verifier.settings import compilation_cache, model_store

    began = time.monotonic()
    load_engine(
        model_store(settings),
        settings.model_name,
        points=settings.summary_points,
        cache=compilation_cache(settings, environ),
    )
    return ok("answer", f"every shape compiled and a question answered in {time.monotonic() - began:.1f} s")


def _place(settings: Settings) -> Finding:
    from bayesian_verifier.serving import ListenError, listen_tcp, listen_unix

    path, place = settings.uds, f"{settings.port} on {settings.host}"
    try:
        if path is None:
            listen_tcp(settings.host, settings.port).close()
            return ok("port", f"{place} is free")
        was_there = path.exists()
        listen_unix(path).close()
        path.unlink()
        return ok("port", f"{path} is free" + (", a socket left over is gone" if was_there else ""))
    except ListenError:
        said = _who_answers(_connection(settings.host, settings.port, path))
        if said is None:
            raise
        return ok("port", f"{path or place}: {said}")


def _connection(host: str, port: int, path: Path | None) -> socket.socket:
    if path is None:
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 nothing is bound here
        return socket.create_connection((loopback.get(host, host), port), _ASK_SECONDS)
    found = socket.socket(socket.AF_UNIX)
    found.settimeout(_ASK_SECONDS)
    found.connect(str(path))
    return found


def _who_answers(connected: socket.socket) -> str | None:
    """What a service of ours says of its readiness; None where it is something else that listens."""
    connection = http.client.HTTPConnection("localhost", timeout=_ASK_SECONDS)
    connection.sock = connected
    try:
        connection.request("GET", "/health/ready")
        reply = connection.getresponse()
        reply.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    version = reply.getheader("X-Model-Version")
    if version is None:
        return None
    ready = "ready" if reply.status == http.HTTPStatus.OK else f"not ready ({reply.status})"
    return f"a service runs here already, {ready}, model {version or 'none'}"


def _cache(settings: Settings, environ: Mapping[str, str]) -> Finding:
    from bayesian_verifier.serving import why_not_writable
    from bayesian_verifier.settings import compilation_cache

    directory = compilation_cache(settings, environ)
    if directory is None:
        return ok("cache", "off: every start compiles anew")
    if reason := why_not_writable(directory):
        return bad("cache", f"cannot write to {directory}: {reason}", "set BV_COMPILATION_CACHE")
    return ok("cache", str(directory))
