"""How is a real browser driven? Chromium over the pipe of its DevTools protocol: no driver, no port, no library."""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PATIENCE = 60.0  # seconds for an answer or a condition
ANSWER = 3.0  # seconds for an answer that is asked for again
# the protocol's descriptors are 3 and 4, whatever ours are
_START = (
    "import os, sys\n"
    "to, back = int(sys.argv[1]), int(sys.argv[2])\n"
    "to, back = os.dup(to), os.dup(back)\n"
    "os.dup2(to, 3); os.dup2(back, 4)\n"
    "os.set_inheritable(3, True); os.set_inheritable(4, True)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)


class BrowserError(Exception):
    """The browser did not do as it was told."""


def find_chromium() -> str | None:
    """The path of a Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One Chromium with one page. Language and time zone are fixed: texts are the same anywhere."""

    def __init__(self, program: str, *, width: int = 1280, height: int = 900, scale: float = 1.0) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        ours, theirs = os.pipe(), os.pipe()
        arguments = [
            *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check"),
            *(
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ),
            *(
                "--disable-extensions",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
            ),
            *("--lang=en-GB", f"--user-data-dir={self._directory.name}", f"--window-size={width},{height}"),
            *(("--no-sandbox",) if os.geteuid() == 0 else ()),
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, str(ours[0]), str(theirs[1]), program, *arguments, "about:blank"],
            pass_fds=(ours[0], theirs[1]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TZ": "UTC"},
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._back = ours[1], theirs[0]
        self._answers: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._next = 0
        #: what the page said on its console, raised, or could not load
        self.complaints: list[str] = []
        self._reader = threading.Thread(target=self._read, name="chromium", daemon=True)
        self._reader.start()
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height, scale)

    def call(self, method: str, *, patience: float = PATIENCE, **parameters: object) -> dict[str, Any]:
        """The result of a command. Raises BrowserError, also where there is none in so many seconds."""
        self._next += 1
        number, answer = self._next, queue.SimpleQueue[dict[str, Any]]()
        self._answers[number] = answer
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        try:
            said = answer.get(timeout=patience)
        except queue.Empty:
            raise BrowserError(f"{method}: no answer in {patience:g} s") from None
        if "error" in said:
            raise BrowserError(f"{method}: {said['error'].get('message')}")
        return dict(said.get("result", {}))

    def resize(self, width: int, height: int, scale: float = 1.0, *, mobile: bool = False) -> None:
        """The size of the window, in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )

    def prefer(self, **features: str) -> None:
        """What the reader prefers: prefers_color_scheme="dark", prefers_reduced_motion="reduce"."""
        found = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=found)

    def open(self, url: str) -> None:
        """Go to an address."""
        said = self.call("Page.navigate", url=url)
        if said.get("errorText"):
            raise BrowserError(f"{url}: {said['errorText']}")

    def evaluate(self, expression: str, *, patience: float = PATIENCE) -> Any:  # noqa: ANN401 JSON
        """The value of an expression in the page; a promise is waited for. Raises BrowserError."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        said = self.call("Runtime.evaluate", patience=patience, **asked)
        if "exceptionDetails" in said:
            found = said["exceptionDetails"]
            raise BrowserError(
                f"{expression}: {found.get('exception', {}).get('description', found['text'])}"
            )
        return said["result"].get("value")

    def wait(self, expression: str, seconds: float = PATIENCE) -> Any:  # noqa: ANN401 JSON
        """The first value of an expression that is true; what it raises meanwhile is not yet. Raises BrowserError."""
        deadline = time.monotonic() + seconds
        while True:
            value, error = None, ""
            try:
                # a page that is just being left may never answer
                value = self.evaluate(expression, patience=ANSWER)
            except BrowserError as exc:
                error = str(exc)
            if value:
                return value
            if time.monotonic() > deadline:
                text = error or self.evaluate("document.body.innerText")[:2000]
                raise BrowserError(f"not in {seconds:g} s: {expression}; {text}; {self.complaints}")
            time.sleep(0.05)

    def press(self, key: str, *, code: int = 0, text: str = "") -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )

    def type(self, text: str) -> None:
        """Put text where the focus is."""
        self.call("Input.insertText", text=text)

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """A PNG of the page, or of what is in the window."""
        parameters: dict[str, Any] = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            parameters["clip"] = {
                "x": 0,
                "y": 0,
                "width": size["width"],
                "height": size["height"],
                "scale": 1,
            }
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **parameters)["data"]))

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(10)
        os.close(self._to)
        os.close(self._back)
        self._directory.cleanup()

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                chunk = os.read(self._back, 1 << 16)
            except OSError:
                chunk = b""
            if not chunk:
                break
            *messages, rest = (rest + chunk).split(b"\0")
            for one in messages:
                self._heard(json.loads(one))
        for answer in list(self._answers.values()):
            answer.put({"error": {"message": "the browser is gone"}})

    def _heard(self, said: dict[str, Any]) -> None:
        if "id" in said:
            if (answer := self._answers.pop(said["id"], None)) is not None:
                answer.put(said)
            return
        method, told = said.get("method"), said.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(str(details.get("exception", {}).get("description", details.get("text"))))
        elif method == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning", "assert"}:
            self.complaints.append(
                " ".join(str(one.get("value", one.get("description"))) for one in told["args"])
            )
        elif method == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
