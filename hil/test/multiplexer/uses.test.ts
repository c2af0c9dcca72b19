// Which sequencers are flagged, against a plain look at the same run: any pulse, with its tail, that meets a time in which one of its cells did not
// hold its value. Cells are spoilt by switch errors at random; pulses are announced ahead of time; the run is cut up at random.

import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { MultiplexerModule, type Service } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser } from '../../../host/board/random.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { multiplexerModule } from '../../../host/tools/sequencer.ts';
import { Mux, MuxLoad } from '../../../protocol/multiplexer/module.ts';
import { loadTable, randomTable } from './random-tables.ts';

interface Span {
  fromNs: number;
  toNs: number;
}

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await multiplexerModule();
});

const meet = (one: Span, other: Span) => one.fromNs < other.toNs && other.fromNs < one.toNs;

/** When each cell did not hold its value: from a switch that went wrong to its next service, and before its first. */
function badSpans(
  services: { service: Service; connected: number }[],
  cells: number[],
  endNs: number,
): Map<number, Span[]> {
  const spans = new Map(cells.map((cell) => [cell, [{ fromNs: 0, toNs: endNs }]]));
  const isBad = new Set(cells);
  for (const { service, connected } of services) {
    const own = spans.get(service.cell) as Span[];
    if (isBad.delete(service.cell)) own[own.length - 1].toNs = service.startNs;
    if (connected === service.cell) continue;
    for (const cell of [service.cell, connected]) {
      if (!spans.has(cell) || isBad.has(cell)) continue;
      isBad.add(cell);
      (spans.get(cell) as Span[]).push({ fromNs: service.startNs, toNs: endNs });
    }
  }
  // One that was served again at the very moment was not bad for any time.
  for (const [cell, own] of spans)
    spans.set(
      cell,
      own.filter(({ fromNs, toNs }) => toNs > fromNs),
    );
  return spans;
}

test('a sequencer is flagged exactly when a pulse of it meets a bad time of a cell it relies on', () => {
  let [flags, clean] = [0, 0];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const random = randomTable(seed);
      const pick = chooser(seed + 5);
      const cells = random.table.cells.map(({ cell }) => cell);
      const period = random.table.period * random.table.slotNs;
      const endNs = 6 * period;
      const relied = new Map(cells.map((cell) => [cell, pick(4) === 0 ? 1 + pick(63) : 0]));
      const pulses = Array.from({ length: Mux.SEQUENCERS }, () => {
        let at = pick(3 * period);
        return Array.from({ length: pick(12) }, (): Span => {
          const fromNs = at + pick(pick(2) === 0 ? 500 : period);
          at = fromNs + 1 + pick(3000);
          return { fromNs, toNs: at };
        });
      });
      const run = (cuts: number[]) => {
        const module = new MultiplexerModule(bytes);
        for (const [cell, sequencers] of relied) module.configure(cell, 'SEQUENCERS', sequencers);
        expect(loadTable(module, random)).toBe(MuxLoad.GOOD);
        module.configure(0, 'READBACK', 1);
        for (const [sequencer, spans] of pulses.entries())
          for (const { fromNs, toNs } of spans) module.use(sequencer, fromNs, toNs);
        module.start(0);
        const errors = chooser(seed + 6);
        const services: { service: Service; connected: number }[] = [];
        const served = (service: Service) => {
          const connected = errors(15) === 0 ? cells[errors(cells.length)] : service.cell;
          services.push({ service, connected });
          return connected;
        };
        for (const cut of [...cuts, endNs].sort((a, b) => a - b)) module.run(cut, { served });
        return { services, flagged: module.figure('FLAGGED') };
      };
      const whole = run([]);
      const bad = badSpans(whole.services, cells, endNs);
      let expected = 0;
      for (const [cell, sequencers] of relied)
        for (const [sequencer, spans] of pulses.entries()) {
          const isMet = spans.some(({ fromNs, toNs }) =>
            (bad.get(cell) as Span[]).some((span) => meet({ fromNs, toNs: toNs + Mux.USE_TAIL_NS }, span)),
          );
          if (isMet && ((sequencers >> sequencer) & 1) === 1) expected |= 1 << sequencer;
        }
      expect(whole.flagged).toBe(expected);
      expect(run(Array.from({ length: 40 }, () => pick(endNs))).flagged).toBe(expected);
      if (expected === 0) clean++;
      else flags++;
    }),
    cases(150),
  );
  expect(Math.min(flags, clean)).toBeGreaterThan(15);
});

test('of a window that is told when it closes, the time that has passed is judged as well', () => {
  const random = randomTable(3);
  const module = new MultiplexerModule(bytes);
  const [{ cell }] = random.table.cells;
  module.configure(cell, 'SEQUENCERS', 0b11);
  expect(loadTable(module, random)).toBe(MuxLoad.GOOD);
  module.start(0);
  const period = random.table.period * random.table.slotNs;
  module.run(2 * period);
  // It was empty until its first service, in the first period.
  module.use(0, period, 2 * period + 1);
  expect(module.figure('FLAGGED')).toBe(0);
  module.use(1, 0, 2 * period + 1);
  expect(module.figure('FLAGGED')).toBe(0b10);
  module.forget(1, 2 * period);
  expect(module.figure('FLAGGED')).toBe(0);
});
