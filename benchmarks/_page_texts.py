"""What does the page say around its figures?"""

from __future__ import annotations

HEAD = """# Benchmarks

Made by `make bench` from `benchmarks/results/*.json`; no figure here was typed by hand. What is compared, and how
each part is run alone: [benchmarks/README.md](../benchmarks/README.md). Read ratios before absolute figures."""

SERVING = """All servers run at once on one machine and are asked in turn. "A constant" is this service with its
inference replaced by an answer made beforehand: what HTTP, reading and validation cost. BentoML and LitServe serve
the same exported function with the same features, checks and summary, one worker each. `approximator.sample` is
what a user of BayesFlow would write: FastAPI, pydantic models, the same weights. Bodies hold {judgments} judgments;
latency is that of one client; throughput the best over {clients} clients. TCP is measured by wrk where it is there,
a Unix socket by our own loop in Python, which adds its own time."""

SIZES = """p50 in ms over HTTP, by our own loop; the last rows are the service's own account of its time in the
network, and one new judgment on top of the `state` of so many."""

START = """From starting the process to the end of its first posterior; memory after the load above, of all its
processes."""

QUALITY = """{sets} simulated people with {sizes} judgments each, answered by feedback, wealth 0 and no payoff of 0
(there the utility has a kink that gradients cannot cross). The exact marginal of `risk_aversion` comes from the
reference in `tests/reference`. KL is of the density a method has; where it has only draws, of Gaussian kernels on
them, whose own error the row of independent exact draws shows. Errors are those of what each would report, in exact
standard deviations. Times are per posterior, everything compiled and trained beforehand, on one core. sbi's
embedding is a sum over judgments of what a small network sees in each (the advantage at 16 values of r, signed by
the answer), trained by its defaults with early stopping within the budget stated: a modest one, more would help it.
NUTS runs one chain."""

HOT_PATH = """Ms in the inference thread, in process, by number of judgments; stages are run in turn. The rest of a
request is the door: HTTP, admission, queue, metrics."""

LAYER = "Beside a server that answers everything alike: what is measured is the caller's side."
RELOAD = (
    "One caller asks every 5 ms while the service goes to another version and back; a reload takes {cold} s where it "
    "has to compile (cold), {warm} s where it finds what was compiled before (warm). {failed} calls failed. Resident "
    "memory after each warm reload, MB: {memory}."
)
