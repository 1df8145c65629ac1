"""How does a model on disk become one that answers at full speed?"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import tempfile
import time
from typing import TYPE_CHECKING, Any

import orjson

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving._answer import answer
from bayesian_verifier.serving._engine import MANY, compile_engine
from bayesian_verifier.serving._examples import holt_laury_row
from bayesian_verifier.serving._look import looked
from bayesian_verifier.serving._question import read_question
from bayesian_verifier.serving._renewal import Pointer
from bayesian_verifier.serving._reply import reply
from bayesian_verifier.serving._soundness import require_sound

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.artifact import Model
    from bayesian_verifier.serving._engine import Engine

logger = logging.getLogger(__name__)
#: how many threads JAX's processor has, read once, when it begins
_POOL = "PJRT_NPROC"


def load_engine(
    store: Path,
    name: str,
    *,
    points: int,
    cache: Path | None,
    many: int = MANY,
    served: Engine | None = None,
) -> Engine:
    """Verify the current version of a model and compile it.

    store: directory of the model store.   points: base points behind a summary.   many: candidates for draws made
    at once.   cache: where compiled functions are kept between starts; a directory that cannot be written is said in
    the log and done without.   served: what is loaded already, and given back if its files are those of the current
    version, and sound.
    Raises ArtifactError when the model is missing, damaged, or made for another simulator than is installed.
    """
    configure_jax(cache)
    from bayesian_verifier.simulators import load_simulator  # noqa: PLC0415 a plug-in brings what it likes

    model = verified_model(store, name)
    if served is not None and model.manifest.model_dump_json().encode() == served.manifest:
        return served
    simulator = load_simulator(model.manifest.simulator)
    engine = compile_engine(model, simulator, points=points, many=many)
    question = read_question(orjson.dumps({"judgments": _ordinary_rows()}))
    look = looked(None, question.judgments, engine, time.perf_counter)
    require_sound(engine, look.known.evidence.sums, look.said)
    rehearse(engine)
    settle_memory()
    return engine


def rehearse(engine: Engine) -> None:
    """Answer one question from end to end, so that nothing is left for the first caller to wait for."""
    body = orjson.dumps({"judgments": _ordinary_rows(), "draws": 1, "seed": 0})
    said = answer(read_question(body), engine, clock=time.perf_counter, make_seed=int)
    reply(said, engine, request_id="rehearsal", queue_seconds=0.0)


def _ordinary_rows() -> list[dict[str, Any]]:
    return [holt_laury_row(row, chosen=0) for row in (1, 5, 9)]


def current_pointer(store: Path, name: str) -> Pointer:
    """What the store names as current; never raises."""
    from bayesian_verifier.artifact import ModelStore  # noqa: PLC0415 brings JAX along

    try:
        status = (store / name / "current").stat()
        return Pointer(ModelStore(store).current(name), (status.st_mtime_ns, status.st_ino))
    except (OSError, ArtifactError) as error:
        return Pointer(None, str(error))


def verified_model(store: Path, name: str) -> Model:
    """The current version of a model, its files verified. Raises ArtifactError."""
    from bayesian_verifier.artifact import ModelStore, load_model  # noqa: PLC0415 brings JAX along

    models = ModelStore(store)
    version = models.current(name)
    if version is None:
        raise ArtifactError(
            f"{models.unserved(name)}; "
            "publish one with `bayesian-verifier train`, or point BV_MODEL_STORE at another store"
        )
    model = load_model(models.path(name, version))
    found = (model.manifest.name, model.manifest.version)
    if found != (name, version):
        raise ArtifactError(
            f"{models.path(name, version)}: the manifest is of {' '.join(found)}; publish the model again"
        )
    return model


def settle_memory() -> None:
    """Make memory cheap to live with from here on.

    JAX leaves hundreds of thousands of objects that stay: set apart, they are not searched at every collection,
    which would stop a request for a tenth of a second. What compiling needed and freed, a fifth of the process,
    goes back to the system where the C library can do that. The second time only what has come since is searched.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def release_memory(engine: Engine) -> None:
    """Free what JAX keeps of models that answer no more, and leave `engine` warm.

    A compiled function goes when the last request that took it is answered; JAX's caches would keep the exported one.
    """
    import jax  # noqa: PLC0415 as below

    jax.clear_caches()
    settle_memory()
    rehearse(engine)


def configure_jax(cache: Path | None) -> None:
    """Import JAX for the CPU, with its cache of compiled functions in `cache`."""
    import jax  # noqa: PLC0415 seconds of work that `--help` must not wait for

    jax.config.update("jax_platforms", "cpu")
    # a posterior is waited for at once: on the thread that asks, nobody has to be woken
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    _begin_with_one_thread()
    if cache is None:
        return
    if reason := why_not_writable(cache):
        logger.warning("compiled functions are not kept: cannot write to %s: %s", cache, reason)
        return
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _begin_with_one_thread() -> None:
    """Have JAX begin, with a pool of one thread unless the environment says otherwise.

    Cut up among threads, steps as small as these wait longer than they run. Where JAX has begun already it stays as it
    is.
    """
    import jax  # noqa: PLC0415 - as above

    unsaid = _POOL not in os.environ
    os.environ.setdefault(_POOL, "1")
    try:
        jax.devices()
    finally:
        if unsaid:
            del os.environ[_POOL]


def why_not_writable(directory: Path) -> str | None:
    """Why nothing can be written to a directory (made if it is not there); None when something can."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory):
            return None
    except OSError as exc:
        return exc.strerror or str(exc)
