// Checks the story itself against the invariants, step by step, without a power cut, so that an error without a cut is reported as such.

import type { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { eventLines } from '../../rig/event-log.ts';
import { recordHeld } from '../device/calibration.ts';
import type { Images } from '../device/images.ts';
import { type Known, knownOf, storyImages } from '../device/known.ts';
import { rowOf, type Told, toldOf } from '../device/told.ts';
import { imageIn } from '../device/window.ts';
import type { Finding } from '../invariants.ts';
import { freshRow, judgePromises, type Row, rowAfter } from '../promises.ts';
import { type Handover, isConfirmed, judge, lookAtHandover, placeOf, type Recovery, runningNow } from './judge.ts';
import type { Scenario, Step } from './scenario.ts';

/** Its name for `--point`. */
export const uncutPoint = 'the story itself';

export interface UncutFinding extends Finding {
  /** What was done, in the words of the scenario. */
  step: string;
  log: string[];
}

export class UncutStory {
  readonly findings: UncutFinding[] = [];
  /** Steps that were judged. */
  steps = 0;
  private readonly board: Board;
  private readonly scenario: Scenario;
  private readonly images: Images;
  private records: LogRecord[] = [];
  private handovers: Handover[] = [];
  private before: { known: Known; row: Row; told: Told } | undefined;

  constructor(board: Board, scenario: Scenario, images: Images) {
    this.board = board;
    this.scenario = scenario;
    this.images = images;
  }

  onLog(record: LogRecord): void {
    this.records.push(record);
    if (record.kind === LogKind.HANDOVER) this.handovers.push(lookAtHandover(this.board, record.a, this.images));
  }

  begin(step: Step): void {
    const { board, images } = this;
    this.records = [];
    this.handovers = [];
    this.before = { known: this.known(), row: rowOf(board), told: toldOf(step, board, images) };
  }

  /** The step was answered, and the board rests. */
  end(step: Step): void {
    const { before, board, records, scenario, images, handovers } = this;
    if (before === undefined) throw new Error('a step ends that has not begun');
    const { asked, ...told } = before.told;
    const last = records.findLast(({ kind }) => kind === LogKind.RESET);
    // Each of several resets was requested, or made by the watchdog; only the last one is a recovery.
    const tookNs = last === undefined ? 0 : board.now - last.timeNs;
    const recovery: Recovery = { resets: last === undefined ? 0 : 1, tookNs, handovers, failure: undefined };
    const runs = last === undefined ? undefined : placeOf(board, recovery);
    const row = rowAfter(asked ? freshRow : before.row, before.known, records);
    const findings = [
      ...judgePromises(before.known, this.known(), { ...told, runs, row }),
      ...(last === undefined ? [] : judge(board, recovery, scenario, images)),
    ];
    if (last !== undefined && findings.length === 0) findings.push(...this.judgeOutcome(step, recovery));
    if (findings.length === 0 && step.do === 'calibrate' && recordHeld(board) !== step.record)
      findings.push({ invariant: 'stored', text: `record ${step.record} was answered, and flash does not hold it` });
    this.steps++;
    this.add(findings, step);
  }

  private judgeOutcome(step: Step, recovery: Recovery): Finding[] {
    const { board, scenario, images } = this;
    const now = runningNow(board, recovery);
    if (now === undefined || !step.boots.includes(now))
      return [{ invariant: 'whole', text: `it runs ${now}; what may run here is ${step.boots.join(' or ')}` }];
    if (step !== scenario.steps.at(-1) || now === 'safe mode') return [];
    if (now !== scenario.goal) return [{ invariant: 'kept', text: `it runs ${now} in the end, not ${scenario.goal}` }];
    return isConfirmed(board, now, images) ? [] : [{ invariant: 'kept', text: `${now} is not confirmed in the end` }];
  }

  private add(findings: readonly Finding[], step: Step): void {
    if (findings.length === 0) return;
    const { board, images, records } = this;
    const log = eventLines(records, (slot) => imageIn(board, slot, images));
    this.findings.push(...findings.map((finding) => ({ ...finding, step: step.do, log })));
  }

  private known(): Known {
    return knownOf(this.board, storyImages(this.board, this.images));
  }
}
