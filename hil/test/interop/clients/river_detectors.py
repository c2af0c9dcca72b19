# Lets the detectors of river look at series: one JSON line in, one out.
#
#   in    {"series": [numbers]}       standardised, so that the usual settings mean what their makers meant
#   out   {"ADWIN": [places], "PageHinkley": [places]}      where each of them says that something has changed

import json
import sys

from river import drift


def places(detector, series):
    found = []
    for place, value in enumerate(series):
        detector.update(value)
        if detector.drift_detected:
            found.append(place)
    return found


for line in sys.stdin:
    series = json.loads(line)["series"]
    detectors = {"ADWIN": drift.ADWIN(), "PageHinkley": drift.PageHinkley()}
    print(json.dumps({name: places(detector, series) for name, detector in detectors.items()}), flush=True)
