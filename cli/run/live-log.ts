// The live log of a board: one line for each record that a person wants to see.
//
// A line has facts (for --json) and words. Repetitions are left out: a heartbeat is shown after each boot, when the health word changes, and then
// once in ten seconds of real time. The same holds for a task that misses its limits.

import { FaultCause } from '../../host/board/device.ts';
import type { FaultRecord } from '../../host/board/devices/reset.ts';
import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { taskName } from '../../protocol/firmware/tasks.ts';
import { BootDecision, SlotState } from '../../protocol/image/boot-state.ts';
import { sequencerFlagNames } from '../../protocol/q1/status.ts';
import { faultCauses, resetCauses, runbookOf, runbookOfEvent } from '../../protocol/runbooks.ts';
import { EventKind, eventsOfTasks } from '../../protocol/telemetry/events.ts';
import {
  bytesText,
  causeText,
  decisionText,
  faultPlaceText,
  faultText,
  healthText,
  reasonText,
  slotName,
  spanText,
  stateText,
  versionText,
} from '../words.ts';
import { accessWordings } from './access-lines.ts';
import { plantWordings } from './cryo-lines.ts';
import type { LogLine, UntimedLine, Wording } from './log-line.ts';

/** What the log reads from the board. */
export interface LoggedBoard {
  readonly fault: FaultRecord;
  readonly haltReason: string | undefined;
  /** The message of the core about the last fault. */
  readonly faultDetail: string;
}

const REPEAT_PAUSE_MS = 10_000;
const keyOf = (kind: number, task: number) => kind * 0x1_0000 + task;
const REASONS_NOT_WORTH_A_LINE = new Set([0, 1]);

/** Records that are told; the others, of which there are many, are only for the hash of the run. */
export const toldKinds: readonly number[] = [
  LogKind.RECORDER,
  LogKind.RESET,
  LogKind.FAULT,
  LogKind.HALT,
  LogKind.POWER_CUT,
];

export class LiveLog {
  private readonly board: LoggedBoard;
  private readonly onLine: (line: LogLine) => void;
  private readonly wallMs: () => number;
  private health = -1;
  private heartbeatShownMs = Number.NEGATIVE_INFINITY;
  private readonly shownMs = new Map<number, number>();

  constructor(board: LoggedBoard, onLine: (line: LogLine) => void, wallMs: () => number = () => performance.now()) {
    this.board = board;
    this.onLine = onLine;
    this.wallMs = wallMs;
  }

  /** The board's `onLog`. */
  record({ timeNs, kind, a, b, argument1 = 0 }: LogRecord): void {
    const line = kind === LogKind.RECORDER ? this.recorded(a & 0xffff, b, argument1) : this.happened(kind, a);
    if (line) this.onLine({ timeNs, ...line });
  }

  private happened(kind: number, a: number): UntimedLine | undefined {
    switch (kind) {
      case LogKind.RESET:
        this.health = -1;
        this.shownMs.delete(keyOf(EventKind.SAFE_MODE_BEAT, 0));
        return {
          ...{ event: 'reset', facts: { cause: causeText(a) }, text: `reset: ${causeText(a)}`, tone: 'dim' },
          runbook: runbookOf(resetCauses, a),
        };
      case LogKind.FAULT:
        return this.fault();
      case LogKind.HALT: {
        // The record is made before the board has the reason in words.
        return { event: 'halted', facts: { reason: a }, text: `halted: ${this.board.haltReason ?? a}`, tone: 'red' };
      }
      case LogKind.POWER_CUT:
        return { event: 'power-off', facts: {}, text: 'power is off', tone: 'dim' };
      default:
        return undefined;
    }
  }

  private fault(): UntimedLine {
    const { cause, address, cycle, functionName } = this.board.fault;
    const isRefused = cause === FaultCause.IMAGE_REFUSED;
    const detail = isRefused ? this.board.faultDetail : '';
    const text = isRefused
      ? `fault: ${faultText(cause)}, cycle ${cycle}: ${detail}`
      : `fault: ${faultPlaceText(cause, functionName)}, cycle ${cycle}`;
    return {
      event: 'fault',
      facts: { cause: faultText(cause), address, cycle, function: functionName, ...(isRefused && { detail }) },
      text,
      tone: 'red',
      runbook: runbookOf(faultCauses, cause),
    };
  }

  private recorded(kind: number, argument0: number, argument1: number): UntimedLine | undefined {
    if (kind === EventKind.HEARTBEAT) return this.heartbeat(argument0, argument1);
    const wording = wordings[kind];
    if (eventsOfTasks.includes(kind) && this.isRepeated(keyOf(kind, argument0))) return undefined;
    if (kind === EventKind.SAFE_MODE_BEAT && this.isRepeated(keyOf(kind, 0))) return undefined;
    if (!wording) return undefined;
    if (kind === EventKind.BOOT_VERIFY && REASONS_NOT_WORTH_A_LINE.has(argument1)) return undefined;
    const line = wording(argument0, argument1);
    return line && { ...line, runbook: runbookOfEvent(kind, argument0, argument1) };
  }

  /** A task that misses its limits does so at every run, and safe mode has a beat every second: one line in ten seconds is enough. */
  private isRepeated(key: number): boolean {
    const nowMs = this.wallMs();
    const isRepeated = nowMs - (this.shownMs.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_PAUSE_MS;
    if (!isRepeated) this.shownMs.set(key, nowMs);
    return isRepeated;
  }

  private heartbeat(sequence: number, health: number): UntimedLine | undefined {
    const nowMs = this.wallMs();
    const isDue = nowMs - this.heartbeatShownMs >= REPEAT_PAUSE_MS;
    if (health === this.health && !isDue) return undefined;
    this.health = health;
    this.heartbeatShownMs = nowMs;
    const text = `heartbeat ${sequence}: ${healthText(health)}`;
    return {
      ...{ event: 'heartbeat', facts: { sequence, health }, text, tone: health === 0 ? 'green' : 'yellow' },
      runbook: runbookOfEvent(EventKind.HEARTBEAT, sequence, health),
    };
  }
}

/** A recorded event as a sentence; undefined for one that has none. */
export function eventText(kind: number, argument0: number, argument1: number): string | undefined {
  return wordings[kind]?.(argument0, argument1)?.text;
}

/** The result of the device's SHA-256 check of the file; a client need not give a SHA-256. */
const uploadOutcomes: [text: string, matched: boolean | null][] = [
  [', but its SHA-256 does not match', false],
  ['', true],
  ['; the client gave no SHA-256 to compare', null],
];

const wordings: Partial<Record<number, Wording>> = {
  ...plantWordings,
  ...accessWordings,
  [EventKind.BOOT_VERIFY]: (slot, reason) => ({
    event: 'image-refused',
    facts: { slot: slotName(slot), reason: reasonText(reason) },
    text: `slot ${slotName(slot)} refused: ${reasonText(reason)}`,
    tone: 'yellow',
  }),
  [EventKind.BOOT_DECISION]: (decision, slot) => {
    // Safe mode has an event of its own, which follows.
    if (decision >= BootDecision.SAFE_MODE_NO_IMAGE) return undefined;
    const facts = { decision: decisionText(decision), slot: slotName(slot) };
    return { event: 'boot-decision', facts, text: `bootloader: ${decisionText(decision)}` };
  },
  [EventKind.BOOT_HANDOVER]: (slot, version) => ({
    event: 'boot',
    facts: { slot: slotName(slot), version: versionText(version) },
    text: `firmware ${versionText(version)} starts from slot ${slotName(slot)}`,
    tone: 'bold',
  }),
  [EventKind.BOOT_REJECT]: (slot, reason) => ({
    event: 'image-rejected',
    facts: { slot: slotName(slot), reason: reasonText(reason) },
    text: `image in slot ${slotName(slot)} rejected: ${reasonText(reason)}`,
    tone: 'red',
  }),
  [EventKind.SECURITY_COUNTER]: (counter, advanced) => ({
    event: 'security-counter',
    facts: { counter, advanced: advanced === 1 },
    text: advanced === 1 ? `security counter is ${counter}` : `security counter cannot be raised to ${counter}`,
    tone: advanced === 1 ? 'dim' : 'red',
  }),
  [EventKind.KEYS_REVOKED]: (keys, slot) => {
    const numbers = [0, 1, 2, 3].filter((key) => (keys >>> key) & 1);
    const text = `the image in slot ${slotName(slot)} revoked key ${numbers.join(' and ')}`;
    return { event: 'keys-revoked', facts: { keys: numbers, slot: slotName(slot) }, text, tone: 'yellow' };
  },
  [EventKind.BOOT_LOG_FAILED]: () => ({
    event: 'boot-log-failed',
    facts: {},
    text: 'this boot could not be logged: flash refuses the write',
    tone: 'red',
  }),
  [EventKind.SAFE_MODE_BEAT]: (sequence, decision) => ({
    event: 'safe-mode-beat',
    facts: { sequence, decision: decisionText(decision) },
    text: `heartbeat ${sequence}: ${decisionText(decision)}`,
    tone: 'yellow',
  }),
  [EventKind.SAFE_MODE]: (decision) => ({
    event: 'safe-mode',
    facts: { decision: decisionText(decision) },
    text: `${decisionText(decision)}; the bootloader answers clients`,
    tone: 'yellow',
  }),
  [EventKind.FIRMWARE_START]: (slot, state) => ({
    event: 'firmware-start',
    facts: { slot: slotName(slot), state: stateText(state) },
    text: `firmware is up, its image is ${state === SlotState.TRIAL ? 'on trial' : stateText(state)}`,
    tone: 'dim',
  }),
  [EventKind.DEADLINE_MISSED]: (task, late) => ({
    event: 'deadline-missed',
    facts: { task: taskName(task), microsecondsLate: late },
    text: `task ${taskName(task)} ended ${spanText(late * 1000)} past its deadline`,
    tone: 'yellow',
  }),
  [EventKind.BUDGET_EXCEEDED]: (task, cycles) => ({
    event: 'budget-exceeded',
    facts: { task: taskName(task), cycles },
    text: `task ${taskName(task)} used ${cycles} cycles, more than its budget`,
    tone: 'yellow',
  }),
  [EventKind.UPLOAD_START]: (slot, bytes) => ({
    event: 'upload-start',
    facts: { slot: slotName(slot), bytes },
    text: `upload of ${bytesText(bytes)} into slot ${slotName(slot)} begins`,
  }),
  [EventKind.UPLOAD_DONE]: (slot, verdict) => {
    const [outcome, matched] = uploadOutcomes[verdict] ?? ['', null];
    return {
      event: 'upload-done',
      facts: { slot: slotName(slot), matched },
      text: `upload into slot ${slotName(slot)} complete${outcome}`,
      tone: matched === false ? 'red' : undefined,
    };
  },
  [EventKind.IMAGE_PENDING]: (slot, permanent) => ({
    event: 'image-pending',
    facts: { slot: slotName(slot), permanent: permanent === 1 },
    text: `image in slot ${slotName(slot)} will be tried at the next reset`,
  }),
  [EventKind.IMAGE_CONFIRMED]: (slot, version) => ({
    event: 'image-confirmed',
    facts: { slot: slotName(slot), version: versionText(version) },
    text: `firmware ${versionText(version)} in slot ${slotName(slot)} is confirmed`,
    tone: 'green',
  }),
  [EventKind.SLOT_ERASED]: (slot) => ({
    event: 'slot-erased',
    facts: { slot: slotName(slot) },
    text: `slot ${slotName(slot)} is erased`,
  }),
  [EventKind.SEQUENCER_LOADED]: (sequencer, bytes) => ({
    event: 'sequence-loaded',
    facts: { sequencer, bytes },
    text: `sequencer ${sequencer} holds a sequence of ${bytesText(bytes)}`,
  }),
  [EventKind.SEQUENCER_STARTED]: (mask) => ({
    event: 'sequencers-started',
    facts: { sequencers: bitsOf(mask) },
    text: `sequencer ${bitsOf(mask).join(', ')} started`,
  }),
  [EventKind.SEQUENCER_STOPPED]: (sequencer, flags) => ({
    event: 'sequencer-stopped',
    facts: { sequencer, flags: sequencerFlagNames(flags) },
    text: `sequencer ${sequencer} stopped: ${sequencerFlagNames(flags).join(', ') || 'no flags'}`,
  }),
  [EventKind.SEQUENCER_DEADLOCK]: (waiting, missing) => ({
    event: 'sequencers-deadlocked',
    facts: { waiting: bitsOf(waiting), missing: bitsOf(missing) },
    text: `sequencer ${bitsOf(waiting).join(', ')} waits in wait_sync for ${bitsOf(missing).join(', ')}, which will not come`,
    tone: 'red',
  }),
  [EventKind.RESET_REQUESTED]: (bootMode) => ({
    event: 'reset-requested',
    facts: { bootMode },
    text: `a client asks for a reset${bootMode === 1 ? ' into safe mode' : ''}`,
    tone: 'dim',
  }),
};

function bitsOf(mask: number): number[] {
  return Array.from({ length: 8 }, (_, bit) => bit).filter((bit) => ((mask >>> bit) & 1) !== 0);
}
