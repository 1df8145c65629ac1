"""Do sums of log-likelihoods go through bytes nearly as they were, and is what is no sums refused?"""

from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.simulators.traits import ExplorerSimulator, TraitsSimulator

SIMULATORS = pytest.mark.parametrize(
    "simulator", [ExplorerSimulator(), TraitsSimulator()], ids=lambda s: s.name
)
EXPLORER = ExplorerSimulator()
#: form and counts, then how much wider steps are, before what is deflated
HEADER = 10


def evidence(simulator, nodes, counts=(3, 2)):
    """With these log-likelihoods at the nodes."""
    return replace(simulator.describe([]).evidence, counts=counts, judgments=None, nodes=nodes)


def within_a_step(found, below, *, wider):
    """Half a step off at most, of 2^wider steps at once; in single precision."""
    steps = 0.5 if not wider else 0.5 + 2 ** (wider - 1)
    return np.all(np.abs(found - below) <= 1.001 * math.expm1(steps / 2048) * (4.0 - below))


def surface(simulator, rng, *, width, rough=0.0):
    """A bowl somewhere, some widths wide in steps of the lattice, as it comes of judgments, with noise on it."""
    shape = simulator.summing.lattice.shape
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    off = (grid - rng.uniform(0, shape)) / width
    return -0.5 * (off**2).sum(axis=-1).ravel() + rough * rng.normal(size=math.prod(shape))


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 30.0))
def test_a_bowl_comes_back_within_a_step(seed, width):
    """0.002 nats near the greatest, a two-thousandth of the distance far off; counts as they were."""
    rng = np.random.default_rng(seed)
    nodes = surface(EXPLORER, rng, width=width)
    below = nodes - nodes.max()
    counts = tuple(rng.integers(0, 2**31, 2).tolist())
    back = EXPLORER.read_evidence(evidence(EXPLORER, nodes, counts).to_bytes())
    assert within_a_step(back.totals[:-2], below, wider=0)
    assert tuple(back.totals[-2:]) == counts


@SIMULATORS
def test_a_written_state_is_read_and_written_alike(simulator):
    """Whoever streams nothing new is sent the same bytes."""
    raw = evidence(simulator, surface(simulator, np.random.default_rng(0), width=4.0)).to_bytes()
    assert simulator.read_evidence(raw).to_bytes() == raw


@SIMULATORS
@pytest.mark.parametrize("rough", [0.0, 1.0, 300.0])
def test_a_state_has_room_whatever_is_summed(simulator, rough):
    """17.5 kB of it: what no judgments add up to is kept in wider steps, and what they do in narrow ones."""
    nodes = surface(simulator, np.random.default_rng(1), width=2.0, rough=rough)
    raw = evidence(simulator, nodes).to_bytes()
    assert len(raw) < 17_500
    wider = raw[HEADER - 1]
    assert rough or wider == 0
    back = simulator.read_evidence(raw).totals[:-2]
    assert within_a_step(back, nodes - nodes.max(), wider=wider)


def refusals():
    """Bytes, and what is said of them."""
    raw = evidence(EXPLORER, surface(EXPLORER, np.random.default_rng(2), width=3.0)).to_bytes()
    body = zlib.decompress(raw[HEADER:], -15)
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = squeezed.compress(b"\0" * 10**7) + squeezed.flush()
    again = zlib.compressobj(1, zlib.DEFLATED, -15)
    less = again.compress(body[:-2]) + again.flush()
    return {
        "nothing": (b"", "judgments or sums"),
        "counts alone": (raw[: HEADER - 1], "judgments or sums"),
        "a header alone": (raw[:HEADER], "nodes"),
        "another form": (b"\x02" + raw[1:], "of form 2"),
        "cut short": (raw[:-1], "nodes|deflated"),
        "no deflate": (raw[:HEADER] + b"\xff" * 40, "deflated"),
        "something behind": (raw + b"x", "nodes"),
        "too few": (raw[:HEADER] + less, "nodes"),
        "far too many": (raw[:HEADER] + bomb, "nodes"),
        "steps as wide as no one writes": (raw[: HEADER - 1] + b"\x07" + raw[HEADER:], "at most 2"),
    }


@pytest.mark.parametrize("fault", refusals())
def test_bytes_that_are_no_sums_are_refused(fault):
    """With a word on what was expected; ten million zeros are not unpacked."""
    raw, said = refusals()[fault]
    with pytest.raises(ValueError, match=f"expected.*({said})"):
        EXPLORER.read_evidence(raw)
