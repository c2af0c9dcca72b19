// A board whose power comes back: its boot is known and need not be run, or it is run and is known from then on.
//
//   powerOn       power comes. A known boot (device/known-boots.ts) need not be run: what it wrote is applied to what this device holds
//   run           runs a boot that is not known
//   runAfterAll   runs a known boot as a check, and compares it with what was applied
//
// What must stay true: when a boot was not run, its end is read from `Recovered` and never from the board.

import type { Board } from '../../../host/board/board.ts';
import type { FlashPicture } from '../../../host/board/flash-array.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { BootRun } from '../device/boot-run.ts';
import { isWeak, type Remains } from '../device/cells.ts';
import { changed } from '../device/change.ts';
import type { Images } from '../device/images.ts';
import type { KnownBoot, KnownBoots } from '../device/known-boots.ts';
import { StoryFailed } from '../device/operator.ts';
import type { Finding } from '../invariants.ts';
import { lookAtCore, lookAtHandover, noRecovery, type Recovery, slotAddresses } from './judge.ts';
import type { Recovered } from './recovered.ts';
import { whatDiffers } from './sharing-check.ts';

/** What outlasts a loss of power. */
export interface Held {
  flash: FlashPicture;
  fuses: Remains['fuses'];
}

export class Recall {
  /** What the board held when power came last. */
  before: Held;
  recovery: Recovery = noRecovery();
  private readonly board: Board;
  private readonly images: Images;
  private readonly boots: KnownBoots;
  /** Waits until the board rests; throws StoryFailed when it does not. */
  private readonly rest: () => void;
  private running: BootRun | undefined;
  private powerOnNs = 0;
  private isKnown = false;

  constructor(board: Board, images: Images, boots: KnownBoots, rest: () => void) {
    this.board = board;
    this.images = images;
    this.boots = boots;
    this.rest = rest;
    this.before = this.held();
  }

  held(): Held {
    const { cells, weak } = this.board.fuses;
    return { flash: this.board.machine.flash.picture(), fuses: { cells: cells.slice(), weak: weak.slice() } };
  }

  /** Powers on. Returns the result when the boot is known; else `run` must follow. */
  powerOn(): Recovered | undefined {
    const { board, boots } = this;
    this.recovery = noRecovery();
    this.powerOnNs = board.now;
    this.before = this.held();
    board.powerOn();
    const known = boots.find(board);
    this.isKnown = known !== undefined;
    return known && this.share(known);
  }

  /** Waits until the present boot rests, or has taken too long. Records it for other devices. `log`: the board's, so far. */
  run(log: readonly LogRecord[]): Recovered {
    const { board, boots } = this;
    const begun = log.slice(log.findLastIndex(({ kind }) => kind === LogKind.POWER_ON));
    const boot = new BootRun(board, boots, begun);
    this.running = boot;
    try {
      this.rest();
      this.recovery.tookNs = board.now - this.powerOnNs;
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      this.recovery.failure = failure.message;
    } finally {
      this.running = undefined;
    }
    return this.recovered(boot);
  }

  /** Runs a shared boot as a check, with every call in it: it must do what was applied. */
  runAfterAll(said: Recovered, log: readonly LogRecord[]): Recovered {
    if (!said.shared) return said;
    const seen = this.board.processor.withEveryCall(() => this.run(log));
    const text = whatDiffers(said, seen);
    if (text !== undefined) seen.findings.push({ invariant: 'shared', text });
    return seen;
  }

  /** Must be called with every record of the log. */
  onLog(record: LogRecord): void {
    const { kind, a } = record;
    if (kind === LogKind.RESET) this.recovery.resets++;
    if (kind === LogKind.HANDOVER) this.recovery.handovers.push(lookAtHandover(this.board, a, this.images));
    this.running?.onLog(record);
  }

  /** The result of a known boot on what this device holds; undefined when only a run can show what the core got. */
  private share(boot: KnownBoot): Recovered | undefined {
    const { before } = this;
    const ending = changed(before, boot.change, boot);
    const handovers = boot.handovers.map(({ address, change }) => {
      const then = change === boot.change ? ending : changed(before, change, boot);
      return lookAtHandover(then, address, this.images);
    });
    const last = handovers.at(-1);
    const unsure = last?.image === undefined && boot.state === 'firmware';
    if (last && unsure && isWeak(ending, slotAddresses[last.slot], MemoryMap.SLOT_SIZE)) return undefined;
    const { resets, tookNs, failure, records, operations } = boot;
    const recovery = { resets, tookNs, failure, handovers };
    return { recovery, ending, records, operations, boot, firm: true, shared: true, findings: [] };
  }

  /** The result of a boot that was run. */
  private recovered(run: BootRun): Recovered {
    const { board, recovery, images } = this;
    const boot = run.end(recovery);
    const last = recovery.handovers.at(-1);
    if (last && board.state === 'firmware') lookAtCore(board, last, images);
    // A boot that lost its power is no boot to share.
    const isNew = run.isFirm && !this.isKnown && board.state !== 'off';
    const contradiction = isNew ? run.keep(boot) : undefined;
    const findings: Finding[] = contradiction === undefined ? [] : [{ invariant: 'shared', text: contradiction }];
    return {
      ...{ recovery, ending: board, records: boot.records, operations: boot.operations },
      ...{ boot, firm: run.isFirm, shared: false, findings },
    };
  }
}

/** A log that ends with a shared boot that was not run: the records of the known boot replace those of the board. */
export function logWith(log: readonly LogRecord[], boot: KnownBoot | undefined): readonly LogRecord[] {
  const begun = log.findLastIndex(({ kind }) => kind === LogKind.POWER_ON);
  if (boot === undefined || begun < 0) return log;
  const powerOnNs = log[begun].timeNs;
  const whole = boot.records.map((record) => ({ ...record, timeNs: record.timeNs + powerOnNs }));
  return [...log.slice(0, begun), ...whole];
}
