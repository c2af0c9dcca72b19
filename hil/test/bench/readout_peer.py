"""One window of 1,000 samples in numpy, as hil/test/bench/readout.ts has it: clip, count, peak, demodulate by prepared tables, turn.

Prints the nanoseconds that one call takes: for one tone, and for eight.
"""

import json
import sys
import time

import numpy

ROUNDS = 2000
SAMPLES = numpy.array(json.loads(sys.argv[1]), dtype=numpy.int32).reshape(-1, 2)
TIMES = numpy.arange(len(SAMPLES))
TABLES = numpy.exp(-2j * numpy.pi * numpy.outer(0.04 + 0.03 * numpy.arange(8), TIMES))
TABLE = TABLES[0].copy()


def clipped(raw):
    codes = numpy.clip(raw, -2048, 2047)
    counts = numpy.count_nonzero(codes != raw, axis=0)
    peaks = numpy.abs(codes).max(axis=0)
    return codes[:, 0] + 1j * codes[:, 1], counts, peaks


def one(raw, phase):
    samples, counts, peaks = clipped(raw)
    return numpy.dot(samples, TABLE) * numpy.exp(-1j * phase), counts, peaks


def eight(raw, phase):
    samples, counts, peaks = clipped(raw)
    return (TABLES @ samples) * numpy.exp(-1j * phase), counts, peaks


def nanoseconds(call):
    for index in range(ROUNDS // 10):
        call(SAMPLES, index * 0.1)
    start = time.perf_counter_ns()
    for index in range(ROUNDS):
        call(SAMPLES, index * 0.1)
    return (time.perf_counter_ns() - start) / ROUNDS


print(json.dumps({"one": nanoseconds(one), "eight": nanoseconds(eight)}))
