// A store that a test plays, as strict as Prometheus: a request is taken whole or not at all, one value for each time of a series, and nothing that is too old.

import protobuf from 'protobufjs/minimal.js';
import { uncompress } from 'snappyjs';
import type { PostAnswer } from '../http-post.ts';

interface Given {
  series: string;
  timestampMs: number;
  value: number;
}

export class PlayedStore {
  /** Values by series, as its labels in their order, and time. */
  readonly series = new Map<string, Map<number, number>>();
  requests = 0;
  /** What it answers, while it is set. */
  failing: PostAnswer | undefined;
  /** It takes the next requests, and their answers are lost. */
  lostAnswers = 0;
  /** Samples before this time are refused. */
  oldestMs = 0;
  /** A series whose labels have this text is refused. */
  poison: string | undefined;
  /** Samples that were there already, with the same value. */
  repeats = 0;

  post = async (body: Uint8Array): Promise<PostAnswer> => {
    this.requests++;
    if (this.failing !== undefined) return this.failing;
    const samples = [...samplesOfRequest(uncompress(body))];
    const refusal = samples.map((sample) => this.refusalOf(sample)).find((answer) => answer !== undefined);
    if (refusal !== undefined) return refusal;
    for (const { series, timestampMs, value } of samples) {
      const points = this.series.get(series) ?? new Map<number, number>();
      this.series.set(series, points);
      if (points.has(timestampMs)) this.repeats++;
      points.set(timestampMs, value);
    }
    if (this.lostAnswers === 0) return { status: 204, text: '' };
    this.lostAnswers--;
    throw new Error('socket hang up');
  };

  /** The series whose labels have all of these texts, in the order of their times. */
  points(...texts: string[]): [timestampMs: number, value: number][] {
    const found = [...this.series].filter(([labels]) => texts.every((text) => labels.includes(text)));
    if (found.length !== 1) throw new Error(`${found.length} series have ${texts.join(' and ')}`);
    return [...found[0][1]].sort(([one], [other]) => one - other);
  }

  private refusalOf({ series, timestampMs, value }: Given): PostAnswer | undefined {
    if (timestampMs < this.oldestMs) return { status: 500, text: 'too old sample' };
    const there = this.series.get(series)?.get(timestampMs);
    const isOther = there !== undefined && there !== value;
    if (!isOther && (this.poison === undefined || !series.includes(this.poison))) return undefined;
    return { status: 400, text: isOther ? 'duplicate sample for timestamp' : 'label value is not taken' };
  }
}

function* samplesOfRequest(bytes: Uint8Array): Generator<Given> {
  for (const [, series] of fields(bytes)) {
    const labels: string[] = [];
    const samples: [number, number][] = [];
    for (const [field, part] of fields(series)) {
      const values = new Map(fields(part));
      const text = (number: number) => Buffer.from(values.get(number) ?? []).toString();
      if (field === 1) labels.push(`${text(1)}=${text(2)}`);
      else {
        const value = Buffer.from(values.get(1) as Uint8Array).readDoubleLE(0);
        samples.push([Number(Buffer.from(values.get(2) as Uint8Array).readBigInt64LE(0)), value]);
      }
    }
    const ordered = labels.map((label) => label.split('=')[0]);
    if (ordered.join() !== [...ordered].sort().join()) throw new Error(`labels are not in order: ${ordered.join()}`);
    for (const [timestampMs, value] of samples) yield { series: labels.join(','), timestampMs, value };
  }
}

/** Numbers and contents of the fields of a message; a number as eight bytes. */
function* fields(bytes: Uint8Array): Generator<[number: number, content: Uint8Array]> {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const content = Buffer.alloc(8);
    if ((tag & 7) === 2) yield [tag >>> 3, reader.bytes()];
    else {
      if ((tag & 7) === 1) content.writeDoubleLE(reader.double(), 0);
      else content.writeBigInt64LE(BigInt(`${reader.int64()}`), 0);
      yield [tag >>> 3, content];
    }
  }
}
