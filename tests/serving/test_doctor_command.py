"""`bayesian-verifier doctor`: what is wrong with a service, before it is started. Each fault here is a real one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.serving import listen_tcp, listen_unix
from serving.doctor_place import Place, doctor, well

if TYPE_CHECKING:
    import httpx


CHECKS = [
    "python", "packages", "settings", "token", "model", "port", "cache",
    "journal", "tail", "disk", "disk", "disk", "clock", "lease", "timer",
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return well(tmp_path)


def test_nothing_is_wrong_where_nothing_is_wrong(place: Place) -> None:
    """And everything was looked at; the model's files by sha256."""
    assert place.ill() == {}
    assert [finding.check for finding in place.findings()] == CHECKS
    assert "posterior.jaxexport" in place.said("model")


def test_the_model_is_compiled_and_asked(place: Place) -> None:
    """Unless the look is to be quick: the shipped one, whose simulator is installed."""
    cache = Path(__file__).parents[2] / ".jax_cache"
    said = doctor(
        place, "--json", BV_MODEL_STORE="", BV_MODEL_NAME="bayesian-verifier", BV_COMPILATION_CACHE=str(cache)
    )
    assert said.returncode == 0, said.stdout
    [answer] = [one for one in json.loads(said.stdout) if one["check"] == "answer"]
    assert (answer["state"], answer["well"]) == ("ok", True)
    assert "every shape compiled and a question answered" in answer["detail"]


def test_each_fault_of_the_service_is_found_and_named(place: Place) -> None:
    """A damaged model, a port in use, a cache nobody can write, a token that is not there, a wrong setting."""
    (place.folder / "models" / "closed-form" / "v1" / "posterior.jaxexport").write_bytes(b"x")
    (place.folder / "file").write_text("")
    with listen_tcp("127.0.0.1", 0) as held:
        port = str(held.getsockname()[1])
        found = place.ill(
            BV_PORT=port,
            BV_COMPILATION_CACHE=str(place.folder / "file" / "below"),
            BV_TOKEN_FILE=str(place.folder / "no-token"),
        )
    assert {check: finding.state for check, finding in found.items()} == dict.fromkeys(
        ("token", "model", "port", "cache"), "bad"
    )
    assert "posterior.jaxexport" in found["model"].detail
    assert port in found["port"].detail
    assert "below" in found["cache"].detail
    assert "no-token" in found["token"].detail
    assert place.ill(BV_PROT="1")["settings"].detail == "BV_PROT is not a setting; did you mean BV_PORT?"


def test_the_file_that_is_damaged_can_be_read_in_a_narrow_terminal(place: Place) -> None:
    """Its path is longer than a line; none of it is cut away."""
    damaged = place.folder / "models" / "closed-form" / "v1" / "posterior.jaxexport"
    damaged.write_bytes(b"x")
    table = doctor(place, "--quick", COLUMNS="80").stdout
    found = "".join(line.split("│")[3].strip() for line in table.splitlines() if line.startswith("│"))
    assert str(damaged) in found


def test_a_port_served_by_one_of_ours_is_no_fault(place: Place, client: httpx.Client) -> None:
    """It says that the service runs there, and how it is."""
    said = place.said("port", BV_PORT=str(client.base_url.port))
    assert "a service runs here already, ready, model " in said


def test_a_unix_socket_is_looked_at_in_place_of_a_port(place: Place) -> None:
    """Free, left over by a dead process, or in use by somebody who is no service of ours."""
    path = place.folder / "bv.sock"
    assert place.said("port", BV_UDS=str(path)) == f"{path} is free"
    listen_unix(path).close()
    assert "a socket left over is gone" in place.said("port", BV_UDS=str(path))
    with listen_unix(path):
        held = place.ill(BV_UDS=str(path))
    assert held["port"].state == "bad"


def test_a_token_that_others_can_read_is_a_warning(place: Place) -> None:
    """With the command that mends it."""
    token = place.folder / "token"
    token.write_text("0123456789abcdef")
    token.chmod(0o644)
    found = place.ill(BV_TOKEN_FILE=str(token))
    assert found["token"].state == "warning"
    subprocess.run(found["token"].advice.split(), check=True)
    assert place.ill(BV_TOKEN_FILE=str(token)) == {}


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_the_exit_code_tells_machines(place: Place, options: tuple[str, ...], code: int) -> None:
    """Of a warning only where they want to be strict."""
    with place.journal.open("ab") as file:
        file.write(b"torn")
    said = doctor(place, "--quick", *options)
    assert said.returncode == code, said.stderr
    assert "torn" in said.stdout
