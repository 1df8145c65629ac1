"""`bayesian-verifier doctor`: what is wrong, before the service is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.commands.doctor import examine
from bayesian_verifier.serving import listen_tcp
from serving.closed_form import publish

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def healthy(tmp_path: Path) -> dict[str, str]:
    """An environment in which the service would start."""
    publish(tmp_path / "models", "v1")
    with listen_tcp("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    return {
        "BV_MODEL_STORE": str(tmp_path / "models"),
        "BV_MODEL_NAME": "closed-form",
        "BV_PORT": port,
        "BV_COMPILATION_CACHE": str(tmp_path / "cache"),
    }


def ill(environ: dict[str, str]) -> dict[str, str]:
    """What the doctor finds wrong, with the detail."""
    return {finding.check: finding.detail for finding in examine(environ) if not finding.well}


def test_nothing_is_wrong_where_nothing_is_wrong(healthy: dict[str, str]) -> None:
    """And everything was looked at."""
    assert ill(healthy) == {}
    looked = [finding.check for finding in examine(healthy)]
    assert looked == ["python", "packages", "settings", "token", "model", "port", "cache"]


def test_each_fault_is_found_and_named(healthy: dict[str, str], tmp_path: Path) -> None:
    """A damaged model, a port in use, a cache nobody can write, a token that is not there, a wrong setting."""
    (tmp_path / "models" / "closed-form" / "v1" / "posterior.jaxexport").write_bytes(b"x")
    (tmp_path / "file").write_text("")
    with listen_tcp("127.0.0.1", 0) as held:
        port = str(held.getsockname()[1])
        faults = {
            "BV_PORT": port,
            "BV_COMPILATION_CACHE": str(tmp_path / "file" / "below"),
            "BV_TOKEN_FILE": str(tmp_path / "no-token"),
        }
        found = ill(healthy | faults)
    assert set(found) == {"token", "model", "port", "cache"}
    assert "posterior.jaxexport" in found["model"]
    assert port in found["port"]
    assert "below" in found["cache"]
    assert "no-token" in found["token"]
    assert ill(healthy | {"BV_PROT": "1"}) == {"settings": "BV_PROT is not a setting; did you mean BV_PORT?"}
