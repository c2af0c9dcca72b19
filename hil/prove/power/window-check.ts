// Checks the state window: boots from equal windows hand over to the same image and do the same to flash and fuses.

import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Window } from '../device/window.ts';
import type { Finding } from '../invariants.ts';
import type { Recovery } from './judge.ts';

/** Records that show what a boot does. */
const telling: readonly number[] = [
  ...[LogKind.RESET, LogKind.HANDOVER, LogKind.FAULT, LogKind.HALT],
  ...[LogKind.FLASH_START, LogKind.FLASH_DONE, LogKind.FUSE_START, LogKind.FUSE],
];

/** A record of the boot log: it has the number of the boot and its cause, which the window leaves out. Only its place is compared. */
function isLogged({ kind, a }: LogRecord): boolean {
  return kind === LogKind.FLASH_DONE && a >= MemoryMap.BOOT_LOG && a < MemoryMap.BOOT_LOG + MemoryMap.BOOT_LOG_SIZE;
}

/** Of a boot that is shared a thousand times: written down once. */
const known = new WeakMap<readonly LogRecord[], string>();

function traceOf(records: readonly LogRecord[]): string {
  let trace = known.get(records);
  if (trace === undefined) {
    trace = records
      .slice(records.findLastIndex(({ kind }) => kind === LogKind.POWER_ON))
      .filter(({ kind }) => telling.includes(kind))
      .map((record) => `${record.kind} ${record.a} ${isLogged(record) ? 'logged' : record.b}`)
      .join('\n');
    known.set(records, trace);
  }
  return trace;
}

export class WindowCheck {
  private readonly traces = new Map<number, { trace: string; point: string }>();

  /** What is wrong when another boot from this window did something else. `records` may begin before the boot. */
  add({ kind, firm }: Window, recovery: Recovery, records: readonly LogRecord[], names: readonly string[]): Finding[] {
    // A boot that depends on chance may end in different ways.
    if (!firm || recovery.failure !== undefined) return [];
    const trace = traceOf(records);
    const before = this.traces.get(kind);
    const point = names.join(', then ');
    if (before === undefined) this.traces.set(kind, { trace, point });
    if (before === undefined || before.trace === trace) return [];
    return [{ invariant: 'window', text: `'${before.point}' leaves the same window, and then it boots otherwise` }];
  }
}
