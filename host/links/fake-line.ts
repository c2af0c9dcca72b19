// Stand-ins for a board, for the tests of links: a wire that can be spoken to from its board end, and a machine with one
// event at a time that answers every byte sequence after a fixed virtual delay.

import type { LineNumber, Wire } from './link.ts';
import type { PacedBoard } from './pacer.ts';

export class FakeWire implements Wire {
  /** What links have put on the line. */
  readonly sent: Uint8Array[] = [];
  backlog = 0;
  private readonly listeners = new Set<(bytes: Uint8Array) => void>();
  private readonly answer: ((bytes: Uint8Array) => Uint8Array | undefined) | undefined;

  constructor(answer?: (bytes: Uint8Array) => Uint8Array | undefined) {
    this.answer = answer;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes.slice());
    const answer = this.answer?.(bytes);
    if (answer) this.fromBoard(answer);
  }

  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  fromBoard(bytes: Uint8Array): void {
    for (const listener of this.listeners) listener(bytes);
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  /** All bytes links have sent, as text. */
  get text(): string {
    return Buffer.concat(this.sent).toString('latin1');
  }
}

/** Answers each input with the same bytes `delayNs` later, and keeps a history that a replay must reproduce. */
export class EchoBoard implements PacedBoard {
  now = 0;
  readonly history: string[] = [];
  onTransmit: PacedBoard['onTransmit'] = () => {};
  private readonly pending: { timeNs: number; line: LineNumber; bytes: Uint8Array }[] = [];
  private readonly delayNs: number;
  private readonly wireBytes: number;

  constructor(delayNs = 1_000_000, wireBytes = 16 * 1024) {
    this.delayNs = delayNs;
    this.wireBytes = wireBytes;
  }

  wireFree(line: LineNumber): number {
    const used = this.pending.filter((event) => event.line === line).reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.wireBytes - used;
  }

  get nextEventTime(): number {
    return this.pending[0]?.timeNs ?? Number.POSITIVE_INFINITY;
  }

  runUntil(timeNs: number): void {
    while (this.pending.length > 0 && this.nextEventTime <= timeNs) {
      const event = this.pending.shift() as (typeof this.pending)[number];
      this.now = event.timeNs;
      this.history.push(`${event.timeNs} ${event.line} ${Buffer.from(event.bytes).toString('hex')}`);
      this.onTransmit?.(event.line, event.bytes, event.timeNs);
    }
    this.now = Math.max(this.now, timeNs);
  }

  send(line: LineNumber, bytes: Uint8Array): void {
    if (bytes.length > this.wireFree(line)) throw new Error('the wire is full');
    this.pending.push({ timeNs: this.now + this.delayNs, line, bytes });
  }
}

/** Waits until `condition` holds; throws with `what` after two seconds. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 2000; performance.now() < deadline; ) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what}: not within 2 s`);
}
