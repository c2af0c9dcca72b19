"""Reads what `coldrig pulse run` wrote with libraries other people made, as a person's notebook would.

Arguments: file.vcd file.npy file.pftrace. Prints one JSON object:
  "vcd"       by signal: [[time, value], ...], read by vcdvcd
  "tokens"    what pyvcd's tokenizer, another reader, says: declared signals and value changes
  "npy"       {"shape", "dtype", "sums", "changes"}, read by numpy; sums and number of changes of each row
  "perfetto"  {"tracks": {uuid: [name, parent, unit]}, "slices": [[track, name, begin, end, {annotation: value}], ...],
               "counters": {track: samples}}, read through Perfetto's own message definitions
"""

import json
import sys

import numpy
import vcd.reader
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent
from vcdvcd import VCDVCD

vcd_path, npy_path, perfetto_path = sys.argv[1:4]


def read_vcd():
    dump = VCDVCD(vcd_path)
    return {name: dump[name].tv for name in dump.signals}


def read_tokens():
    kinds = {}
    with open(vcd_path, "rb") as file:
        for token in vcd.reader.tokenize(file):
            kinds[token.kind.name] = kinds.get(token.kind.name, 0) + 1
    return kinds


def read_npy():
    samples = numpy.load(npy_path)
    rows = samples.reshape(-1, samples.shape[-1])
    return {
        "shape": list(samples.shape),
        "dtype": samples.dtype.str,
        "sums": [int(row.sum()) for row in rows],
        "changes": [int((numpy.diff(row) != 0).sum()) for row in rows],
    }


def read_perfetto():
    trace = Trace()
    with open(perfetto_path, "rb") as file:
        trace.ParseFromString(file.read())
    tracks, slices, counters, stacks = {}, [], {}, {}
    for packet in trace.packet:
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            name = track.process.process_name if track.HasField("process") else track.name
            tracks[track.uuid] = [name, track.parent_uuid, track.counter.unit_name]
        if not packet.HasField("track_event"):
            continue
        event = packet.track_event
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            facts = {
                note.name: note.string_value if note.HasField("string_value") else note.int_value
                for note in event.debug_annotations
            }
            stacks.setdefault(event.track_uuid, []).append([event.track_uuid, event.name, packet.timestamp, None, facts])
        elif event.type == TrackEvent.TYPE_SLICE_END:
            one = stacks[event.track_uuid].pop()
            one[3] = packet.timestamp
            slices.append(one)
        elif event.type == TrackEvent.TYPE_COUNTER:
            value = event.counter_value if event.HasField("counter_value") else event.double_counter_value
            counters.setdefault(event.track_uuid, []).append([packet.timestamp, value])
    assert not any(stacks.values()), "a slice has no end"
    return {"tracks": tracks, "slices": slices, "counters": counters}


print(json.dumps({"vcd": read_vcd(), "tokens": read_tokens(), "npy": read_npy(), "perfetto": read_perfetto()}))
