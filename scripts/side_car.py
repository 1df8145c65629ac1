"""How does the demo start, kill and watch a service of its own?"""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

PROGRAM = str(Path(sys.executable).with_name("bayesian-verifier"))
PATIENCE = 60.0  # seconds until a service must answer


class DemoError(Exception):
    """The demo could not show what it is for."""


class SideCar:
    """A side-car: one of our own on a free port, which can be killed and started again, or a given one."""

    def __init__(self, url: str | None, log: Path) -> None:
        self.is_ours = url is None
        self.url = url or ""
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start our own; the first time wait for the line that says where it listens."""
        port = str(urlsplit(self.url).port or 0)
        command = [PROGRAM, "serve", "--host", "127.0.0.1", "--port", port]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self._process.stdout or () if not self.url else ():
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                break
        if not self.url:
            raise DemoError(f"the service did not start: {self._log.read_text().strip()}")

    def is_ready(self) -> bool:
        """Whether a posterior would be served now."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=1.0)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Return when it is ready. Raises DemoError if that takes longer than our patience."""
        deadline = time.monotonic() + PATIENCE
        while not self.is_ready():
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                said = self._log.read_text().splitlines()[-3:] if self._log.exists() else []
                raise DemoError("\n".join([f"no service is ready at {self.url}", *said]))
            time.sleep(0.1)

    def kill(self) -> None:
        """End our process as a fault would: at once, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
