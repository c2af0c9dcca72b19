// A boot that is really run, from the moment power comes. What it does is recorded, so that other devices can share it.

import type { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import type { BootReads } from './boot-reads.ts';
import type { BootTree } from './boot-tree.ts';
import type { Change } from './change.ts';
import type { KnownBoot, KnownBoots } from './known-boots.ts';
import { addRecord, type Operation } from './operations.ts';

/** What only the caller that waits for the boot knows. */
export interface Rest {
  tookNs: number;
  failure: string | undefined;
}

/** For a boot that is not shared. */
const none: Change = { pages: [], fuses: [] };

export class BootRun {
  private readonly board: Board;
  private readonly reads: BootReads;
  private readonly tree: BootTree<KnownBoot>;
  private readonly powerOnNs: number;
  private readonly workBefore: number[];
  private readonly records: LogRecord[] = [];
  private readonly operations: Operation[] = [];
  private readonly handovers: { address: number; change: Change }[] = [];
  private resets = 0;
  private known: { writes: number; change: Change } | undefined;

  /** `begun`: what the log already has of it, power-on and reset. */
  constructor(board: Board, boots: KnownBoots, begun: readonly LogRecord[]) {
    this.board = board;
    this.powerOnNs = board.now;
    this.workBefore = workOf(board);
    this.tree = boots.begin(board);
    for (const record of begun) this.onLog(record);
    this.reads = boots.witness(board);
  }

  onLog(record: LogRecord): void {
    const { kind, a, timeNs } = record;
    const since = { ...record, timeNs: timeNs - this.powerOnNs };
    this.records.push(since);
    addRecord(this.operations, since);
    if (kind === LogKind.RESET) this.resets++;
    if (kind === LogKind.HANDOVER) this.handovers.push({ address: a, change: this.changeSoFar() });
  }

  /** The boot as it was. */
  end({ tookNs, failure }: Rest): KnownBoot {
    const { board, reads, records, resets } = this;
    reads.end();
    const change = this.changeSoFar();
    const [state, haltReason] = [board.state, board.haltReason];
    const work = workOf(board).map((figure, index) => figure - this.workBefore[index]);
    // What has not ended when it rests goes on after the boot.
    const operations = this.operations.filter(({ endNs }) => endNs !== 0);
    const { handovers } = this;
    return {
      ...{ records, operations, started: reads.operations, handovers, change, tookNs, resets, failure },
      ...{ state, haltReason, row: board.machine.peek(RESET, 'RESETS_IN_A_ROW'), work },
    };
  }

  /** The same object as long as nothing more is written: a caller that has applied it need not apply it again. */
  private changeSoFar(): Change {
    const { writes, firm } = this.reads;
    if (!firm) return none;
    if (this.known?.writes !== writes) this.known = { writes, change: this.reads.change() };
    return this.known.change;
  }

  /** Whether another device may share it: it did not depend on chance. */
  get isFirm(): boolean {
    return this.reads.firm;
  }

  /** Makes it available to other devices. Returns a sentence when it contradicts an earlier boot. */
  keep(boot: KnownBoot): string | undefined {
    return this.tree.add(this.reads.looks, boot);
  }
}

function workOf(board: Board): number[] {
  const { erasePicojoules, programPicojoules, sectorsErased, unitsProgrammed } = board.flash.work;
  return [erasePicojoules, programPicojoules, sectorsErased, unitsProgrammed];
}
