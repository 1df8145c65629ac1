"""How does the application learn of a signal that somebody else's server handles?"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_of_signals(then: Callable[[], None]) -> Iterator[None]:
    """Do `then` at SIGTERM and SIGINT, before whatever the server does at them. Only a main thread hears of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def heard(number: int, frame: FrameType | None) -> None:
        then()
        servers = before[signal.Signals(number)]
        if callable(servers):
            servers(number, frame)

    for number, servers in before.items():
        if callable(servers):
            signal.signal(number, heard)
    try:
        yield
    finally:
        for number, servers in before.items():
            if signal.getsignal(number) is heard:
                signal.signal(number, servers)
