"""When do river's ADWIN and Page-Hinkley alarm? On streams they are handed, at settings found on one of them.

    python detect.py IN.npz OUT.json RUN_LENGTH...

IN holds for each stream s the arrays means_s and surprises_s [people, windows]; the stream "calibration" has no change
in it. A detector that can be calibrated gets, by bisection, the setting at which runs of that stream last
RUN_LENGTH windows on average, cut short at its end. Writes for each detector its setting and, by stream, the windows until
each person's first alarm; one that does not come is the stream's length.
"""

import json
import math
import sys

import numpy as np
import river
from river.drift import ADWIN, PageHinkley

STEPS = 14


def first_alarm(detector, values):
    for place, value in enumerate(values, start=1):
        detector.update(value)
        if detector.drift_detected:
            return place
    return len(values)


def first_alarms(made, stream):
    return [first_alarm(made(), person) for person in stream.tolist()]


def calibrated(made, stream, wanted, low, high):
    """The setting in [low, high], on a logarithmic scale, with run length `wanted`, which grows from low to high.

    None, and the longest or shortest run length there is, where none has it.
    """
    low, high = math.log(low), math.log(high)
    for edge, misses in ((low, np.greater), (high, np.less)):
        found = np.mean(first_alarms(lambda: made(math.exp(edge)), stream))
        if misses(found, wanted):
            return None, found
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        if np.mean(first_alarms(lambda: made(math.exp(middle)), stream)) < wanted:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high)), None


#: what is calibrated: title, feed, detector of a setting that grows with the run length, range of it, its name
WAYS = (
    ("Page-Hinkley", "means", lambda x: PageHinkley(threshold=x, min_instances=1, delta=0.25), 0.05, 500.0, "threshold"),
    ("Page-Hinkley", "surprises", lambda x: PageHinkley(threshold=x, min_instances=1, delta=0.5), 0.05, 500.0, "threshold"),
    ("ADWIN", "means", lambda x: ADWIN(delta=1 / x, clock=1, grace_period=1, min_window_length=1), 1.0001, 1e30, "1/delta"),
    ("ADWIN", "surprises", lambda x: ADWIN(delta=1 / x, clock=1, grace_period=1, min_window_length=1), 1.0001, 1e30, "1/delta"),
)
AS_THEY_COME = (("Page-Hinkley", PageHinkley), ("ADWIN", ADWIN))


def main() -> None:
    given = dict(np.load(sys.argv[1]))
    streams = [name.removeprefix("means_") for name in given if name.startswith("means_")]

    def everywhere(made, feed):
        return {s: first_alarms(made, given[f"{feed}_{s}"]) for s in streams if s != "calibration"}

    found = []
    for title, made in AS_THEY_COME:
        print(f"{title} as it comes", file=sys.stderr, flush=True)
        found.append({"title": title, "feed": "means", "setting": "as it comes", "first": everywhere(made, "means")})
    for wanted in map(float, sys.argv[3:]):
        for title, feed, made, low, high, named in WAYS:
            print(f"{title}, {feed}, to {wanted:g}", file=sys.stderr, flush=True)
            setting, reached = calibrated(made, given[f"{feed}_calibration"], wanted, low, high)
            row = {"title": title, "feed": feed, "wanted": wanted}
            if setting is None:
                row["cannot"] = f"no {named} has this run length: {reached:.0f} is the nearest"
            else:
                row["setting"] = f"{named} {setting:.3g}"
                row["first"] = everywhere(lambda: made(setting), feed)
            found.append(row)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump({"versions": {"river": river.__version__}, "found": found}, file)


if __name__ == "__main__":
    main()
