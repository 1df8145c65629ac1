"""A real service, real signals, the real command line: models are promoted and rolled back under a client's calls."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from bayesian_verifier import VerifierClient
from bayesian_verifier.judgment import Judgment, parse_record
from serving.second_model import NAME, add_second, damage, prior_mean, shipped_store
from serving.test_process import holt_laury, ready, resident, started
from serving.test_reload import last_reload, reloads, wait_until
from serving.untrained import publish_untrained

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from bayesian_verifier.artifact import ModelStore
    from serving.test_process import Running


class Shop(NamedTuple):
    """A service over a store of two versions."""

    running: Running
    store: ModelStore
    first: str
    second: str

    @property
    def client(self) -> httpx.Client:
        return self.running.client

    def models(self, *arguments: str) -> str:
        """`bayesian-verifier models …` on this store, as a process of its own."""
        program = "from bayesian_verifier.cli import main; main()"
        ledger = ["--ledger", str(self.store.root / "ledger.jsonl")]
        places = ["--model-store", str(self.store.root), *ledger]
        command = [sys.executable, "-c", program, "models", *places, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def hang_up(self) -> None:
        self.running.process.send_signal(signal.SIGHUP)

    def serves(self, version: str) -> bool:
        said: str = self.client.get("/v1/model").json()["version"]
        return said == version


@pytest.fixture(scope="module")
def cache() -> Path:
    """Compiled functions, kept between test runs."""
    return Path(__file__).parents[2] / ".jax_cache"


@pytest.fixture(scope="module")
def shop(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One that looks at its store ten times a second; each test leaves it with the first version."""
    store, first = shipped_store(tmp_path_factory.mktemp("models") / "store")
    second = add_second(store)
    with started(cache, "--model-store", str(store.root), BV_RELOAD_SECONDS="0.1") as running:
        assert ready(running.client).status_code == 200
        yield Shop(running, store, first, second)


class Asking(threading.Thread):
    """A client that asks without a pause about one person, who gives one answer after the other."""

    def __init__(self, shop: Shop, *, keep_state: bool) -> None:
        super().__init__()
        url = str(shop.client.base_url).rstrip("/")
        self._client = VerifierClient(url, timeout=30.0, keep_state=keep_state)
        self._means = {version: prior_mean(shop.store, version) for version in (shop.first, shop.second)}
        self._given: list[Judgment] = [parse_record(Judgment, one) for one in holt_laury(10)]
        self._over = threading.Event()
        self.versions: list[str] = []
        self.failures: list[object] = []
        self.wrong: list[object] = []

    def run(self) -> None:
        for count in range(1_000_000):
            if self._over.is_set():
                return
            outcome = self._client.posterior(self._given[: count % 11], subject=f"person-{count // 11}")
            if outcome.posterior is None:
                self.failures.append(outcome)
                continue
            version = outcome.posterior.model_version
            self.versions.append(version)
            if count % 11 == 0 and abs(outcome.posterior.belief.mean - self._means[version]) > 0.02:
                self.wrong.append(outcome)

    def leave(self) -> None:
        self._over.set()
        self.join(60)
        self._client.close()


@pytest.mark.parametrize("keep_state", [False, True])
def test_promotion_and_rollback_under_a_clients_calls_fail_none(shop: Shop, keep_state: bool) -> None:
    """By the command line, there and back; no restart, and no call without an answer of one version or the other."""
    asking = Asking(shop, keep_state=keep_state)
    asking.start()
    try:
        wait_until(lambda: shop.first in asking.versions)
        said = shop.models("promote", shop.second)
        assert "within BV_RELOAD_SECONDS" in said
        wait_until(lambda: shop.second in asking.versions[-3:])
        assert shop.models("rollback").startswith(f"{NAME}: {shop.first} is current")
        wait_until(lambda: shop.serves(shop.first))
        count = len(asking.versions)
        wait_until(lambda: len(asking.versions) > count + 30)
    finally:
        asking.leave()
    assert asking.failures == []
    assert asking.wrong == []
    changes = [
        one for one, before in zip(asking.versions, [None, *asking.versions], strict=False) if one != before
    ]
    assert changes == [shop.first, shop.second, shop.first]
    assert shop.client.get("/health").json()["recompilations"] == 0


def test_a_damaged_version_is_said_and_not_served(shop: Shop) -> None:
    """One attempt, not one at every look; another at SIGHUP; after a rollback all is well again."""
    before = reloads(shop.client, "failed")
    broken = add_second(shop.store, "2099-01-02T00-00-00Z-000000000003")
    file = damage(shop.store, broken)
    shop.models("promote", broken)
    wait_until(lambda: last_reload(shop.client)["outcome"] == "failed")
    said = last_reload(shop.client)
    assert said["version"] == broken
    assert str(file) in said["reason"]
    assert shop.client.get("/health/ready").status_code == 200
    assert shop.serves(shop.first)
    time.sleep(0.5)
    assert reloads(shop.client, "failed") == before + 1
    shop.hang_up()
    wait_until(lambda: reloads(shop.client, "failed") == before + 2)
    shop.models("rollback")
    wait_until(lambda: last_reload(shop.client)["outcome"] == "unchanged")
    assert shop.serves(shop.first)


def test_a_model_of_another_simulator_takes_over_and_gives_back(shop: Shop) -> None:
    """Adopted from its own name, promoted, rolled back: the same person, by one client that keeps states."""
    other = publish_untrained(shop.store.root, "untrained")
    given = [parse_record(Judgment, one) for one in holt_laury(10)]
    with VerifierClient(str(shop.client.base_url).rstrip("/"), timeout=20.0, keep_state=True) as client:

        def asked() -> tuple[str | None, set[str]]:
            outcome = client.posterior(given, subject="ada")
            assert outcome.posterior is not None, outcome
            return outcome.posterior.model_version, set(outcome.posterior.others)

        assert asked() == (shop.first, {"choice_noise"})
        shop.models("adopt", "untrained", other)
        assert asked()[0] == shop.first
        shop.models("promote", other, "--by", "ada")
        wait_until(lambda: shop.serves(other), seconds=60.0)  # nobody has compiled its program yet
        assert asked() == (other, {"choice_noise", "exploration", "probability_weighting"})
        shop.models("rollback", "--by", "ada")
        wait_until(lambda: shop.serves(shop.first))
        assert asked() == (shop.first, {"choice_noise"})


def test_memory_does_not_grow_with_reloads(shop: Shop) -> None:
    """Two warm-ups, then eight more: less than 12 MB more than before, where one model takes 30.

    Once the last but one is let go, which is a while after the last one serves.
    """
    sizes = []
    for turn in range(10):
        version = shop.second if turn % 2 == 0 else shop.first
        shop.store.promote(NAME, version)
        shop.hang_up()
        wait_until(lambda version=version: shop.serves(version))  # type: ignore[misc]
        time.sleep(0.15)
        sizes.append(resident(shop.running.process))
    wait_until(lambda: resident(shop.running.process) - sizes[1] < 12e6)


def test_sighup_while_it_loads_and_many_at_once_do_no_harm(cache: Path, tmp_path: Path) -> None:
    """A burst before the first model is there, and one after: it serves, and leaves in order."""
    store, _ = shipped_store(tmp_path / "store")
    with started(cache, "--model-store", str(store.root), BV_RELOAD_SECONDS="0") as running:
        for _ in range(50):
            running.process.send_signal(signal.SIGHUP)
        assert ready(running.client).status_code == 200
        second = add_second(store)
        store.promote(NAME, second)
        for _ in range(50):
            running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.client.get("/v1/model").json()["version"] == second)
        running.process.send_signal(signal.SIGHUP)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0


def test_without_a_look_only_sighup_reloads(cache: Path, tmp_path: Path) -> None:
    """BV_RELOAD_SECONDS=0."""
    store, first = shipped_store(tmp_path / "store")
    second = add_second(store)
    with started(cache, "--model-store", str(store.root), BV_RELOAD_SECONDS="0") as running:
        assert ready(running.client).status_code == 200
        store.promote(NAME, second)
        time.sleep(0.5)
        assert running.client.get("/v1/model").json()["version"] == first
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.client.get("/v1/model").json()["version"] == second)


def test_a_service_whose_terminal_is_closed_leaves(cache: Path, tmp_path: Path) -> None:
    """SIGHUP says so, too; nobody is left behind on the port."""
    program = "from bayesian_verifier.cli import main; main()"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    told: dict[str, Any] = {"BV_PORT": "0", "BV_MODEL_STORE": str(tmp_path), "BV_DRAIN_SECONDS": "0"}
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, [sys.executable, "-c", program, "serve"], clean | told)  # noqa: S606
    said = b""
    while b"listening on" not in said:
        said += os.read(terminal, 4096)
    os.close(terminal)
    deadline = time.monotonic() + 60
    while True:
        left, status = os.waitpid(process, os.WNOHANG)
        if left:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_new_token_counts_from_sighup_on_and_a_bad_file_changes_nothing(
    cache: Path, tmp_path: Path
) -> None:
    """The old one is refused then; the service need not have a model for that."""
    file = tmp_path / "token"
    old, new = "old-token-of-24-characters", "new-token-of-24-characters"
    file.write_text(old)
    options = {"BV_TOKEN_FILE": str(file), "BV_MODEL_STORE": str(tmp_path), "BV_RELOAD_SECONDS": "0"}
    with started(cache, **options) as running:

        def admits(token: str) -> bool:
            reply = running.client.get("/health", headers={"authorization": f"Bearer {token}"})
            assert reply.status_code in (200, 401)
            return reply.status_code == 200

        assert (admits(old), admits(new)) == (True, False)
        file.write_text(new)
        assert (admits(old), admits(new)) == (True, False)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: admits(new))
        assert not admits(old)
        file.write_text("short")
        running.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert (admits(old), admits(new), admits("short")) == (False, True, False)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0
        assert running.process.stderr is not None
        log = running.process.stderr.read()
        assert "token_refused" in log
        assert new not in log
