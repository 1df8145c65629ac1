"""When does alibi-detect's online Cramer-von Mises detector alarm? On the streams it is handed.

    python detect.py IN.npz OUT.json RUN_LENGTH...

Of alibi-detect's online detectors the one made for a single continuous number: distribution-free, several windows at
once, thresholds by simulation from the expected run time alone. MMD and LSDD are for vectors and need a deep-learning
library, FET is for yes or no. It has to be shown a reference sample; only surprises have one that is right for everybody.
IN holds surprises_s [people, windows] of each stream s, and `reference`. Writes, by RUN_LENGTH, the windows until each
person's first alarm; one that does not come is the stream's length.
"""

import json
import sys
from importlib.metadata import version

import numpy as np
from alibi_detect.cd import CVMDriftOnline

WINDOWS = [2, 4, 8, 16, 32]


def first_alarm(detector, values):
    detector.reset_state()
    for place, value in enumerate(values, start=1):
        if detector.predict(value)["data"]["is_drift"]:
            return place
    return len(values)


def main() -> None:
    np.random.seed(0)
    given = dict(np.load(sys.argv[1]))
    streams = [n.removeprefix("surprises_") for n in given if n.startswith("surprises_") and "calibration" not in n]
    found = []
    for wanted in map(float, sys.argv[3:]):
        print(f"CVMDriftOnline, to {wanted:g}", file=sys.stderr, flush=True)
        detector = CVMDriftOnline(
            given["reference"], ert=wanted, window_sizes=WINDOWS, n_bootstraps=int(max(10_000, 25 * wanted)), verbose=False
        )
        first = {s: [first_alarm(detector, one) for one in given[f"surprises_{s}"]] for s in streams}
        row = {"title": "CVMDriftOnline", "feed": "surprises", "wanted": wanted, "setting": f"ert {wanted:g}"}
        found.append(row | {"first": first})
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump({"versions": {"alibi-detect": version("alibi-detect")}, "found": found}, file)


if __name__ == "__main__":
    main()
