"""Are the results of a Ray cluster those of one process, though a worker is killed?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.ray_cluster import Cluster, cluster, family, here, killed_one

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("ray", reason="NO RAY: pip install 'bayesian-verifier[ray]'; nothing here was tried")


@pytest.fixture(scope="module")
def workers() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


def test_people_are_the_same_in_the_same_order_though_a_worker_is_killed(workers: Cluster) -> None:
    """Byte by byte, and who they are too; what the killed one was doing is done again."""
    asked = ["simulate", "--people", "640", "--judgments", "40", "--seed", "5", "--answers", "both"]
    there = workers.started(*asked)
    killed = killed_one(workers, there)
    said, told = there.communicate()
    local = here(*asked)
    assert killed is not None, told
    # Ray says beside them that a worker died
    truth = [line for line in told.splitlines() if line.startswith("simulated-")]
    assert (there.returncode, said, truth) == (0, local.stdout, local.stderr.splitlines())


def open_files(pid: int) -> set[str]:
    """What a process has open; files come and go while one looks, and so may the process."""
    found = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(entry.readlink()))
    return found


def test_nobody_elsewhere_can_reach_the_workers(workers: Cluster) -> None:
    """Every port that Ray listens on is one of loopback."""
    ours = {name for pid in family(workers.pid) for name in open_files(pid)}
    listening = [
        fields[1].partition(":")[0]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in ours
    ]
    assert len(listening) > 2
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}


def test_a_cluster_that_is_not_there_is_said_in_one_line() -> None:
    """Exit code 4: try again later."""
    done = here("simulate", "--engine", "ray", "--address", "127.0.0.1:9")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: no Ray cluster can be had at 127.0.0.1:9: ")
    assert done.stderr.count("\n") == 1
