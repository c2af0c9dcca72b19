// The body of a remote write, version 1, as Prometheus and VictoriaMetrics take it: a WriteRequest in protocol buffers, compressed by snappy.
//
//   WriteRequest  1: TimeSeries ...       TimeSeries  1: Label ...  2: Sample ...       Label  1: name  2: value       Sample  1: double  2: int64 of milliseconds
//
// What must stay true: labels are in the order of their names, `__name__` among them. The labels of a series are encoded once, because they are most of the
// work. snappyjs has its types from ingest/snappyjs.d.ts.

import protobuf from 'protobufjs/minimal.js';
import { compress } from 'snappyjs';

export interface StoreSample {
  /** Of encodedLabels. */
  labels: Uint8Array;
  timestampMs: number;
  value: number;
}

const delimited = (field: number) => (field << 3) | 2;
const TIME_SERIES = delimited(1);
const LABEL = delimited(1);
const NAME = delimited(1);
const VALUE = delimited(2);
const SAMPLE = delimited(2);
const SAMPLE_VALUE = (1 << 3) | 1;
const SAMPLE_TIME = 2 << 3;

export function encodedLabels(name: string, labels: Readonly<Record<string, string>>): Uint8Array {
  const writer = protobuf.Writer.create();
  // An empty label is the same as none, and a store refuses it.
  const pairs = Object.entries({ ...labels, __name__: name }).filter(([, value]) => value !== '');
  for (const [label, value] of pairs.sort(([one], [other]) => (one < other ? -1 : 1)))
    writer.uint32(LABEL).fork().uint32(NAME).string(label).uint32(VALUE).string(value).ldelim();
  // Parts of TimeSeries as they stand, without a length of their own.
  return writer.finish();
}

export function writeRequest(samples: readonly StoreSample[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(samples.reduce((sum, { labels }) => sum + labels.length + sampleBytesMost, 0));
  let at = 0;
  for (const { labels, timestampMs, value } of samples) {
    const time = varintBytes(timestampMs);
    const sample = 9 + 1 + time;
    bytes[at++] = TIME_SERIES;
    at = putVarint(bytes, at, labels.length + 2 + sample);
    bytes.set(labels, at);
    at += labels.length;
    bytes[at++] = SAMPLE;
    bytes[at++] = sample;
    bytes[at++] = SAMPLE_VALUE;
    at = bytes.writeDoubleLE(value, at);
    bytes[at++] = SAMPLE_TIME;
    at = putVarint(bytes, at, timestampMs);
  }
  return compress(bytes.subarray(0, at));
}

/** Around the labels: two tags and lengths, a double, a time. */
const sampleBytesMost = 40;

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest /= 128) bytes++;
  return bytes;
}

/** Of a whole number from 0 to 2^53. */
function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
  bytes[at++] = rest;
  return at;
}
