"""Compiles the test programs of q1pulse for the second instruction set, runs each in q1simulator, and says what it did.

Arguments: a folder for the source package of q1pulse (its tests are in there; it is fetched once).
Standard output: one JSON object a sequence: {"name", "sequence", "facts"}, or {"name", "failed"} for a test that could not be compiled.

The tests want a driver, a window system and a laboratory; none of these is here. Stand-ins take every call and answer nothing, but for the instruction
set of a module. What a test compiles is taken, and run by one core of the simulator alone, with its renderer.
"""

import hashlib
import io
import json
import runpy
import subprocess
import sys
import tarfile
import types
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np

# Tests and simulator print as they like; answers alone go to standard output.
answers, sys.stdout = sys.stdout, sys.stderr

VERSION = "1.3.0"
DRIVER_VERSION = "1.2.0"
CYCLES = 300_000
ACQUISITIONS_MOST = 2000
INTEGRATION_NS = 100
ADDRESSES = 15


def stand_in(name, **attributes):
    module = MagicMock(name=name)
    module.__spec__ = None
    module.__path__ = []
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[name] = module
    return module


class Module:
    """A control or a readout module with the second instruction set."""

    is_rf_type = False

    def __init__(self, name, slot):
        self.name = name
        self.slot_idx = slot
        self.root_instrument = MagicMock()
        self.sequencers = [MagicMock(isa_version=lambda: (2, 0)) for _ in range(6)]

    def present(self):
        return True

    def __getattr__(self, name):
        if name == "print_registers":
            raise AttributeError(name)
        return MagicMock()


def install_stand_ins():
    stand_in("qblox_instruments", __version__=DRIVER_VERSION, Cluster=type("Cluster", (), {}))
    for name in ["pnp", "ieee488_2", "native", "native.definitions", "scpi", "types"]:
        stand_in(f"qblox_instruments.{name}")
    for name in ["qcodes", "matplotlib", "matplotlib.pyplot", "plot_util", "xarray"]:
        stand_in(name)
    stand_in("init_pulsars", qcm0=Module("qcm0", 8), qrm1=Module("qrm1", 10), q1asm_isa_v2=True)
    package = types.ModuleType("q1simulator")
    package.__path__ = list(find_spec("q1simulator").submodule_search_locations)
    sys.modules["q1simulator"] = package


def mend_for_older_python():
    """q1pulse 1.3.0 says it runs from Python 3.10 on, but one message nests quotes as only 3.12 can. The message is not needed."""
    generator = Path(next(iter(find_spec("q1pulse").submodule_search_locations))) / "assembler" / "generator.py"
    text = generator.read_text()
    try:
        compile(text, str(generator), "exec")
    except SyntaxError:
        generator.write_text(text.replace('{",".join(str(arg) for arg in args)}', "{args}"))


def tests_of(folder):
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"q1pulse-{VERSION}.tar.gz"
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "q1pulse"]
        subprocess.run([*pip, "-d", str(folder), f"q1pulse=={VERSION}"], check=True, stdout=sys.stderr)
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return sorted((folder / f"q1pulse-{VERSION}" / "tests").glob("test_*.py"))


def compiled_by(path):
    """The sequences of every program that a test compiles, by name."""
    from q1pulse.instrument import Q1Instrument
    from q1pulse.program import Program

    found = {}
    compile_program = Program.compile

    def compile_and_keep(program, *arguments, **options):
        for option in ["listing", "json", "annotate"]:
            options.pop(option, None)
        compile_program(program, **{key: value for key, value in options.items() if key == "optimize"})
        for name in program.sequence_builders:
            sequence = program.q1asm(name)
            if sequence is not None:
                found[f"{path.stem}-{len(found)}-{name}"] = sequence

    Program.compile = compile_and_keep
    for name in ["run_program", "start_program", "wait_stopped", "get_acquisition_bins", "get_input_ranges"]:
        setattr(Q1Instrument, name, MagicMock())
    failed = None
    try:
        with redirect_stdout(io.StringIO()):
            runpy.run_path(str(path), run_name="__main__")
    except Exception as problem:  # What follows the compilation may want an answer of the instrument.
        failed = f"{type(problem).__name__}: {problem}"
    finally:
        Program.compile = compile_program
    return found, failed


def simulated(sequence):
    from q1simulator.event_distributor import EventDistributor
    from q1simulator.q1core import Q1Core
    from q1simulator.rt_renderer import Renderer

    distributor = EventDistributor()
    renderer = Renderer("seq", distributor)
    first = {}

    class Core(Q1Core):
        """Notes when each line is executed in real time for the first time."""

        def run(self):
            for instruction in self.instructions:
                self.note(instruction)
            super().run()

        def note(self, instruction):
            function = getattr(self, instruction.func_name, None)
            if function is None or not getattr(type(self), instruction.func_name, function).__name__ == "wrapper":
                return
            name = f"_noting_{instruction.text_line_nr}"

            def noting(*arguments):
                first.setdefault(instruction.text_line_nr, (renderer.time, renderer.no_render_till_sync))
                function(*arguments)

            setattr(self, name, noting)
            instruction.func_name = name

    core = Core("seq", renderer, True, distributor, isa_version=2)
    core.max_core_cycles = CYCLES
    core.skip_loops = ()
    renderer.enable_paths([True, True])
    renderer.set_waveforms({entry["index"]: np.array(entry["data"]) for entry in sequence["waveforms"].values()})
    renderer.set_weights({entry["index"]: np.array(entry["data"]) for entry in sequence["weights"].values()})
    renderer.set_acquisitions({entry["index"]: entry["num_bins"] for entry in sequence["acquisitions"].values()})
    renderer.set_integratrion_length_acq(INTEGRATION_NS)
    for address in range(1, ADDRESSES + 1):
        renderer.set_trigger_count_threshold(address, 1)
    core.load(sequence["program"])
    distributor.set_sequencer_sync_en("seq", True)
    distributor.arm_sequencer("seq", True)
    distributor.start_sequencer("seq")
    renderer.reset()
    core.run()
    origin = renderer.t_sync
    paths = [np.concatenate(path) if path else np.zeros(0, np.int16) for path in (renderer.out0, renderer.out1)]
    length = min(int(renderer.time - origin), renderer.max_render_time - origin)
    # Markers are drawn up to here; behind it stands a last edge that no instruction made.
    edges_to = renderer.max_render_time - 2 * origin
    windows = [
        [int(window.start), acquisition, int(bin_index), int(window.stop - window.start)]
        for window, (acquisition, bin_index) in zip(renderer.acq_integrations, acquired(renderer))
    ]
    return {
        "errors": sorted(core.errors | renderer.errors),
        "exit_code": core.exit_code,
        "end_ns": int(renderer.time - origin),
        "sha256": [hashlib.sha256(path[:length].astype("<i2").tobytes()).hexdigest() for path in paths],
        "samples": length,
        "edges_to_ns": edges_to,
        "marker_edges": [
            [[int(time), int(level)] for time, level in edges if time < edges_to] for edges in renderer.marker_out
        ],
        "acquisitions_count": len(renderer.acq_integrations),
        "acquisitions": windows[:ACQUISITIONS_MOST],
        "first_execution_ns_by_line": {
            str(line): int(time - origin) for line, (time, before) in first.items() if not before
        },
        "registers": [int(value) for value in core.R],
    }


def acquired(renderer):
    """(acquisition, bin) of every window, in the order of time: the simulator keeps a list for each acquisition."""
    listed = [
        (int(time), acquisition, bin_index)
        for acquisition, entries in renderer.acq_times.items()
        for time, bin_index in entries
    ]
    return [(acquisition, bin_index) for _, acquisition, bin_index in sorted(listed, key=lambda entry: entry[0])]


def say(answer):
    print(json.dumps(answer), file=answers, flush=True)


def main():
    install_stand_ins()
    mend_for_older_python()
    for path in tests_of(Path(sys.argv[1])):
        sequences, failed = compiled_by(path)
        if not sequences:
            say({"name": path.stem, "failed": failed or "it compiles nothing"})
        for name, sequence in sequences.items():
            answer = {"name": name, "sequence": json.loads(json.dumps(sequence, default=float))}
            try:
                with redirect_stdout(io.StringIO()):
                    answer["facts"] = simulated(answer["sequence"])
            except Exception as problem:
                answer["refused"] = f"{type(problem).__name__}: {problem}"
            say(answer)


main()
