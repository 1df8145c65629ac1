"""Where does the service listen, and is the place free?"""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

from bayesian_verifier.errors import OperatorError

if TYPE_CHECKING:
    from pathlib import Path

BACKLOG = 2048


class ListenError(OperatorError):
    """The service cannot listen where it was told to."""


def listen_tcp(host: str, port: int) -> socket.socket:
    """A socket listening on host and port (0: any free one). Raises ListenError, also for a port in use."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise ListenError(f"cannot listen on {host}: {exc.strerror or exc}") from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise ListenError(
                f"port {port} on {host} is in use: stop what uses it, or choose another by --port or BV_PORT"
            ) from exc
        raise ListenError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc
    return listener


def listen_unix(path: Path) -> socket.socket:
    """A Unix socket that only this user can connect to; one left over by a dead process is replaced.

    Raises ListenError, also when somebody is listening there.
    """
    if path.is_socket() and not _answers(path):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        in_use = exc.errno == errno.EADDRINUSE
        raise ListenError(
            f"{path} is in use: choose another with --uds or BV_UDS"
            if in_use
            else f"cannot listen on {path}: {exc.strerror or exc}"
        ) from exc
    finally:
        os.umask(umask)
    return listener


def base_url(listener: socket.socket) -> str:
    """http://host:port of a listening TCP socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
