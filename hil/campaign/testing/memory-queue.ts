// A server of campaigns in memory, for tests of what is above it: the same promises as JetStream's, with a clock that tests turn.
//
// Each worker has a line of its own to it, which a test can cut: what dies then never hears of anything again.

import type { CampaignQueue, Delivery, RecordKey, Stored } from '../queue.ts';

interface Queued {
  value: Uint8Array;
  deliveries: number;
  /** When it goes to somebody else; undefined while nobody holds it. */
  heldUntilMs: number | undefined;
}

export class MemoryServer {
  nowMs = 0;
  readonly silenceMs = 30_000;
  readonly records = new Map<string, Stored>();
  readonly units = new Map<number, Queued>();
  /** How often a record was to be put that was there already. */
  repeats = 0;

  line(name = 'test'): MemoryLine {
    return new MemoryLine(this, name);
  }

  pass(milliseconds: number): void {
    this.nowMs += milliseconds;
  }
}

export class MemoryLine implements CampaignQueue {
  readonly name: string;
  private readonly server: MemoryServer;
  private isCut = false;

  constructor(server: MemoryServer, name: string) {
    this.server = server;
    this.name = name;
  }

  /** From now on nothing is sent, and nobody answers. */
  cut(): void {
    this.isCut = true;
  }

  putOnce(key: RecordKey, value: Uint8Array): Promise<boolean> {
    return this.ask(({ records, nowMs }) => {
      if (records.has(key)) {
        this.server.repeats++;
        return false;
      }
      records.set(key, { value, timeMs: nowMs });
      return true;
    });
  }

  put(key: RecordKey, value: Uint8Array): Promise<void> {
    return this.ask(({ records, nowMs }) => void records.set(key, { value, timeMs: nowMs }));
  }

  get(key: RecordKey): Promise<Stored | undefined> {
    return this.ask(({ records }) => records.get(key));
  }

  drop(key: RecordKey): Promise<void> {
    return this.ask(({ records }) => void records.delete(key));
  }

  keys(kind: 'result' | 'failed' | 'worker'): Promise<string[]> {
    return this.ask(({ records }) =>
      [...records.keys()].filter((key) => key.startsWith(`${kind}.`)).map((key) => key.slice(kind.length + 1)),
    );
  }

  push(unit: number, value: Uint8Array): Promise<void> {
    return this.ask(({ units }) => {
      if (!units.has(unit)) units.set(unit, { value, deliveries: 0, heldUntilMs: undefined });
    });
  }

  empty(): Promise<void> {
    return this.ask(({ units }) => units.clear());
  }

  queued(): Promise<number[]> {
    return this.ask(({ units }) => [...units.keys()]);
  }

  silenceMs(): Promise<number> {
    return this.ask(({ silenceMs }) => silenceMs);
  }

  next(): Promise<Delivery | undefined> {
    return this.ask((server) => {
      const [unit, queued] = [...server.units].find(([, each]) => !isHeld(each, server)) ?? [];
      if (unit === undefined || queued === undefined) return undefined;
      queued.deliveries++;
      queued.heldUntilMs = server.nowMs + server.silenceMs;
      return this.deliveryOf(unit, queued);
    });
  }

  private deliveryOf(unit: number, queued: Queued): Delivery {
    const { value, deliveries } = queued;
    const say = (what: (server: MemoryServer) => void) => this.ask(what);
    return {
      ...{ unit, value, deliveries },
      working: () => {
        if (this.isCut) return;
        queued.heldUntilMs = this.server.nowMs + this.server.silenceMs;
      },
      done: () => say(({ units }) => void (units.get(unit) === queued && units.delete(unit))),
      handBack: () =>
        say(() => {
          queued.heldUntilMs = undefined;
        }),
    };
  }

  private async ask<Answer>(what: (server: MemoryServer) => Answer): Promise<Answer> {
    // As over a network: nothing is answered at once, so that others come in between.
    await Promise.resolve();
    if (this.isCut) return new Promise<Answer>(() => {});
    const answer = what(this.server);
    await Promise.resolve();
    return this.isCut ? new Promise<Answer>(() => {}) : answer;
  }
}

const isHeld = ({ heldUntilMs }: Queued, { nowMs }: MemoryServer): boolean =>
  heldUntilMs !== undefined && nowMs < heldUntilMs;
