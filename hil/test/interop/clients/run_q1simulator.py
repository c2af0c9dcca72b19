"""Runs Q1ASM sequences in the open simulator q1simulator and says how long each took.

Standard input: {"programs": [path, ...], "cycles": most classic instructions of each}.
Standard output: one JSON object a program, in order: {"seconds", "end_ns"}.

Only its core and its renderer are used, which need numpy alone; the package's own front door wants a window system.
"""

import io
import json
import sys
import time
import types
from contextlib import redirect_stdout
from importlib.util import find_spec

import numpy as np

package = types.ModuleType("q1simulator")
package.__path__ = list(find_spec("q1simulator").submodule_search_locations)
sys.modules["q1simulator"] = package
sys.modules["xarray"] = types.ModuleType("xarray")  # for a filter nobody asks for

from q1simulator.event_distributor import EventDistributor  # noqa: E402
from q1simulator.q1core import Q1Core  # noqa: E402
from q1simulator.rt_renderer import Renderer  # noqa: E402


def run(path, cycles):
    with open(path) as file:
        sequence = json.load(file)
    distributor = EventDistributor()
    renderer = Renderer("seq", distributor)
    core = Q1Core("seq", renderer, True, distributor)
    core.max_core_cycles = cycles
    core.skip_loops = ()
    renderer.enable_paths([True, True])
    renderer.set_waveforms({entry["index"]: np.array(entry["data"]) for entry in sequence["waveforms"].values()})
    renderer.set_weights({entry["index"]: np.array(entry["data"]) for entry in sequence["weights"].values()})
    renderer.set_acquisitions({entry["index"]: entry["num_bins"] for entry in sequence["acquisitions"].values()})
    renderer.set_integratrion_length_acq(100)
    core.load(sequence["program"])
    distributor.set_sequencer_sync_en("seq", True)
    distributor.arm_sequencer("seq", True)
    distributor.start_sequencer("seq")
    renderer.reset()
    start = time.perf_counter()
    core.run()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "end_ns": int(renderer.time - renderer.t_sync)}


request = json.load(sys.stdin)
for program in request["programs"]:
    with redirect_stdout(io.StringIO()):
        answer = run(program, request["cycles"])
    print(json.dumps(answer), flush=True)
