"""The service needs nothing it could write to: not a home, not a cache, not the directory it starts in, and no root."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

NOBODY = 65534
# A file system that is read-only for this process alone, and in it a user who owns nothing but may read what root may.
AS_NOBODY = (
    "mount -o remount,ro,bind / && exec setpriv --reuid={user} --regid={user} --clear-groups "
    "--inh-caps=+dac_read_search --ambient-caps=+dac_read_search --no-new-privs "
    '"$@"'
)


def confined(*command: str) -> list[str]:
    """The command as nobody on a read-only file system; skips where that cannot be arranged."""
    if os.getuid() != 0:
        pytest.skip("NOT ROOT: cannot make a read-only file system to try this on")
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        pytest.skip("NO util-linux: cannot make a read-only file system to try this on")
    whole = ["unshare", "--mount", "sh", "-c", AS_NOBODY.format(user=NOBODY), "sh", *command]
    tried = subprocess.run([*whole[: -1 * len(command)], "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"CANNOT CONFINE: {tried.stderr.strip()}")
    return whole


def test_it_serves_as_nobody_from_a_read_only_file_system_without_a_home() -> None:
    """Ready, a posterior at the first try, nothing compiled afterwards, and gone in order at SIGTERM."""
    written = str(Path(tempfile.gettempdir()) / "written")  # where anybody else may write
    probe = f"import os, pathlib; print(os.getuid()); pathlib.Path({written!r}).touch()"
    said = subprocess.run(confined(sys.executable, "-c", probe), capture_output=True, text=True, check=False)
    assert said.stdout.strip() == str(NOBODY)
    assert "Read-only file system" in said.stderr or "Permission denied" in said.stderr

    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BV_", "XDG_"))}
    process = subprocess.Popen(
        confined(sys.executable, "-c", "from bayesian_verifier.cli import main; main()", "serve"),
        env=clean | {"HOME": "/nonexistent", "BV_PORT": "0", "BV_DRAIN_SECONDS": "0"},
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        place = process.stdout.readline().strip().removeprefix("listening on ")
        assert f"Uid:\t{NOBODY}" in Path(f"/proc/{process.pid}/status").read_text()
        with httpx.Client(base_url=place, timeout=120) as client:
            deadline = time.monotonic() + 120
            while client.get("/health/ready").status_code != 200:
                assert time.monotonic() < deadline, client.get("/health").text
                time.sleep(0.05)
            assert client.post("/v1/posterior", json={"judgments": []}).status_code == 200
            assert client.get("/health").json()["recompilations"] == 0
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "compiled functions are not kept" in log
        assert "Traceback" not in log
    finally:
        process.kill()
        process.communicate()
