// Two multiplexers that are told the same: one executes every service, the other passes over calm periods. Each has cells of its own.
//
// What must stay true: the script depends on the seed alone; after each step both states are compared bit by bit, that of the module and that of the cells.

import { Cells } from '../../../host/board/multiplexer/cells.ts';
import { MultiplexerModule } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { type Choose, chooser } from '../../../host/board/random.ts';
import { MuxFigure, MuxLoad } from '../../../protocol/multiplexer/module.ts';
import { loadTable, type RandomTable, randomTable } from './random-tables.ts';

const cellCount = 40;
const lineCount = 3;
/** As in a long life of a chip, or as if nearly every bank change were wrong. */
const wrongEvery = [30, 400, 20_000];
const slots = [500, 4000, 1_000_000];

/** A module, its cells, and which of its bank changes are wrong. */
class Rig {
  module: MultiplexerModule;
  executed = 0;
  private readonly bytes: Uint8Array;
  private readonly isPassing: boolean;
  private readonly state = new Float64Array(Cells.placesFor(cellCount, lineCount));
  private readonly cells: Cells;
  private readonly wrongAfter: () => number;
  private wrong: number;
  private lateTimes = 0;

  constructor(bytes: Uint8Array, random: RandomTable, seed: number, isPassing: boolean) {
    this.bytes = bytes;
    this.isPassing = isPassing;
    this.module = new MultiplexerModule(bytes);
    this.cells = new Cells(cellCount, seed, this.state);
    this.cells.setTemperature(60, 0);
    const pick = chooser(seed);
    const every = wrongEvery[pick(wrongEvery.length)];
    this.wrongAfter = () => 1 + pick(2 * every);
    this.wrong = this.wrongAfter();
    if (loadTable(this.module, random) !== MuxLoad.GOOD) throw new Error('the table is refused');
    this.module.configure(0, 'READBACK', 1);
  }

  runTo(timeNs: number): void {
    const { module } = this;
    let { switches } = module;
    module.run(timeNs, {
      wrongSwitch: () => (this.isPassing ? this.wrong - switches : 0),
      late: () => this.lateTimes++,
      served: (service) => {
        this.executed++;
        switches = module.switches;
        const isWrong = switches === this.wrong;
        if (isWrong) this.wrong += this.wrongAfter();
        return this.cells.serve(service, isWrong);
      },
    });
  }

  /** How long it is calm, before the next wrong bank change. */
  calmFor(): number {
    return this.module.calmFor(this.wrong - this.module.switches);
  }

  warm(steps: number, timeNs: number): void {
    this.cells.setTemperature(steps, timeNs);
  }

  /** Goes on in another instance. */
  move(): void {
    const saved = this.module.save(0);
    this.module = new MultiplexerModule(this.bytes);
    this.module.restore(saved);
  }

  equals(other: Rig): boolean {
    return (
      Buffer.compare(this.module.save(0), other.module.save(0)) === 0 &&
      this.state.every((value, place) => Object.is(value, other.state[place])) &&
      this.wrong === other.wrong &&
      this.lateTimes === other.lateTimes
    );
  }
}

/** What a case found. */
export interface Found {
  /** In words; undefined when all is equal. */
  difference?: string;
  services: number;
  executed: number;
  wrong: number;
  /** Spans that were called calm. */
  calm: number;
}

/** Figures that a service changes; the others are to stay as they are while the module is calm. */
export function figuresAtRest(module: MultiplexerModule, moving: ReadonlySet<number>): number[] {
  return Object.values(MuxFigure).flatMap((figure) => {
    if (moving.has(figure)) return [];
    const cells = figure < MuxFigure.CELL_STATE ? 1 : cellCount;
    return Array.from({ length: cells }, (_, cell) => module.figureAt(figure, cell));
  });
}

/** Plays the script of a seed on both. `moving`: figures that may change while it is calm. */
export function compared(bytes: Uint8Array, seed: number, moving: ReadonlySet<number>): Found {
  const pick = chooser(seed);
  const random = randomTable(seed, 6, 60, slots[pick(slots.length)]);
  const [plain, passing] = [false, true].map((isPassing) => new Rig(bytes, random, seed, isPassing));
  const found: Found = { services: 0, executed: 0, wrong: 0, calm: 0 };
  const both = (action: (rig: Rig) => void) => {
    for (const rig of [plain, passing]) action(rig);
  };
  const period = random.table.period * random.table.slotNs;
  let now = 0;
  const runOn = (spanNs: number, what: string) => {
    now += spanNs;
    both((rig) => rig.runTo(now));
    if (!plain.equals(passing)) found.difference ??= `${what}, at ${now} ns`;
  };
  both(({ module }) => void module.start(0));
  for (let step = 0; step < 8 && found.difference === undefined; step++) {
    const what = disturb(pick, random, now, both);
    const end = now + pick([period, 3 * period, 120 * period, 120 * period][pick(4)]);
    // Often to the very end of a period, or to the idle time before it.
    const whole = Math.ceil(end / period) * period - pick(2) * pick(8) * random.table.slotNs;
    runOn(Math.max(0, (pick(2) === 0 ? end : whole) - now), what);
    if (pick(2) === 0) continue;
    // Often to its very end.
    const span = Math.min(passing.calmFor(), pick(4) === 0 ? pick(80 * period) : 80 * period);
    if (span === 0) continue;
    found.calm++;
    const [services, rest] = [passing.module.services, figuresAtRest(passing.module, moving)];
    const planned = passing.module.plannedBefore(now + span);
    runOn(span, 'a span that is calm');
    if (passing.module.services !== services + planned) found.difference ??= `not the services that were planned`;
    if (figuresAtRest(passing.module, moving).some((value, place) => value !== rest[place]))
      found.difference ??= 'a figure that has changed while it was calm';
  }
  found.services = plain.executed;
  found.executed = passing.executed;
  found.wrong = plain.module.figure('SWITCH_ERRORS');
  return found;
}

/** Something that ends the calm, now or ahead of time, or that must not. In words. */
function disturb(pick: Choose, random: RandomTable, now: number, both: (action: (rig: Rig) => void) => void): string {
  const { cells, period, slotNs } = random.table;
  const { cell } = cells[pick(cells.length)];
  const ahead = now + pick(40 * period * slotNs);
  const number = pick(100);
  switch (pick(9)) {
    case 0:
      both(({ module }) => void module.write(cell, 1 + number, now));
      return 'behind a new value';
    case 1:
      both(({ module }) => {
        module.configure(0, 'WINDOW_MARKERS', 1);
        for (const [edge, levels] of [1, 0].entries()) module.mark(0, levels, ahead + edge * number * slotNs);
      });
      return 'around a pulse window';
    case 2:
      both(({ module }) => {
        module.configure(cell, 'VALUE_MARKER', 5);
        module.configure(cell, 'VALUE', 1 + number);
        module.configure(cell, 'VALUE_COUNT', 1);
        module.mark(1, 2, ahead);
        module.mark(1, 0, ahead + 1000);
      });
      return 'behind a value that a marker stores';
    case 3:
      both((rig) => rig.warm(40 + (number % 28), now));
      return 'at another temperature';
    case 4:
      both(({ module }) => module.use(2, ahead, ahead + 1000 * number));
      return 'beside a pulse';
    case 5:
      both(({ module }) => {
        const isRunning = module.figure('RUNNING') === 1;
        if (isRunning) module.park(now);
        if (!isRunning || number < 50) module.start(now);
      });
      return 'parked or started';
    case 6:
      both(({ module }) => {
        module.stage(random.bytes);
        module.load(random.bytes.length);
      });
      return 'with another table';
    case 7:
      both((rig) => rig.move());
      return 'restored';
    default:
      return 'undisturbed';
  }
}
