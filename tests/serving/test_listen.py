"""Where the service listens, by real sockets."""

from __future__ import annotations

import socket
import stat
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.serving import ListenError, base_url, listen_tcp, listen_unix

if TYPE_CHECKING:
    from pathlib import Path


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    """One line with the port and the setting."""
    with listen_tcp("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(ListenError) as caught:
            listen_tcp("127.0.0.1", port)
    assert f"port {port} on 127.0.0.1 is in use" in str(caught.value)
    assert "BV_PORT" in str(caught.value)


def test_a_host_that_is_not_ours_is_refused() -> None:
    """An address of a documentation network; a name that cannot exist."""
    for host in ("192.0.2.1", "no.such.host.invalid"):
        with pytest.raises(ListenError, match=host):
            listen_tcp(host, 0)


def test_the_url_names_where_it_listens() -> None:
    """The port that was free."""
    with listen_tcp("localhost", 0) as listener:
        assert base_url(listener).endswith(f":{listener.getsockname()[1]}")


def test_a_unix_socket_opens_only_to_its_user(tmp_path: Path) -> None:
    """No permission for anyone else, from the first moment."""
    with listen_unix(tmp_path / "s"):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


def test_a_socket_left_by_a_dead_process_is_replaced_and_a_living_one_is_not(tmp_path: Path) -> None:
    """Whoever answers keeps it."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with listen_unix(path), pytest.raises(ListenError, match="in use"):
        listen_unix(path)


def test_a_file_that_is_no_socket_is_not_touched(tmp_path: Path) -> None:
    """It may be someone's data."""
    path = tmp_path / "data"
    path.write_text("precious")
    with pytest.raises(ListenError):
        listen_unix(path)
    assert path.read_text() == "precious"
