// Random game days that each end in a failure, and their repetition from nothing but the file that the failure left.
//
//   play (one process)  ──failure.coldrig──▶  repeat (another one)  ──▶  same log hash? same failure, at the same nanosecond?
//
// A day fails where it ends: it asks for a day without an alarm, and what it saw instead is a text with the time of each alarm. What must stay true: whoever
// repeats a day knows its file and nothing else; the text is made anew from the repeated log.

import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { runbookOfEvent } from '../../../protocol/runbooks.ts';
import { EventKind, eventKinds } from '../../../protocol/telemetry/events.ts';
import { decodeFailure } from '../../rig/scenario/failure-file.ts';
import { playGameDay } from '../../rig/scenario/game-day.ts';
import { OtherRun } from '../../rig/scenario/recorded-board.ts';
import { repeatFailure } from '../../rig/scenario/replay.ts';
import { defineScenario, runScenario } from '../../rig/scenario/scenario.ts';

export interface PlayedDay {
  name: string;
  seed: number;
  /** failure.coldrig. */
  file: Uint8Array;
  alarms: number;
}

export interface RepeatedDay {
  name: string;
  /** What is other than in the file; empty when all is the same. */
  differences: string[];
}

interface Alarm {
  kind: number;
  timeNs: number;
  argument0: number;
  argument1: number;
}

/** A heartbeat only repeats what an event of its own has told. */
const alarmsOf = (events: readonly Alarm[]): string[] =>
  events
    .filter(({ kind }) => kind !== EventKind.HEARTBEAT)
    .filter(({ kind, argument0, argument1 }) => runbookOfEvent(kind, argument0, argument1) !== undefined)
    .map(({ kind, timeNs, argument0 }) => `${nameOf(eventKinds, kind)} ${argument0} at ${timeNs} ns`);

const failureOf = (alarms: readonly string[]): string => `${alarms.length} alarms: ${alarms.join(', ')}`;

/** Day `number` of a seed: its faults follow from both. */
export async function playDay(seed: number, number: number, rounds = 4): Promise<PlayedDay> {
  const name = `game day ${number}`;
  let alarms: string[] = [];
  const day = defineScenario(name, { needs: 'inside', fridge: 'uts' }, async (rig) => {
    await playGameDay(rig, rounds);
    alarms = alarmsOf(rig.events());
    throw rig.failure('the day is over', 'a day without an alarm', failureOf(alarms));
  });
  const { failureFile, error } = await runScenario(day, { seed });
  if (failureFile === undefined) throw new Error(`${name} of seed ${seed} left no failure file: ${error}`);
  return { name, seed, file: failureFile, alarms: alarms.length };
}

export function repeatDay(bytes: Uint8Array): RepeatedDay {
  const file = decodeFailure(bytes, 'game day');
  const name = `${file.scenario} of seed ${file.seed}`;
  const { board, steps } = repeatFailure(file);
  const events: Alarm[] = [];
  board.onLog = ({ timeNs, kind, a, b }: LogRecord) => {
    if (kind === LogKind.RECORDER)
      events.push({ kind: a & 0xffff, timeNs: timeNs - file.beganNs, argument0: b, argument1: a >>> 16 });
  };
  try {
    for (const _ of steps());
  } catch (error) {
    if (!(error instanceof OtherRun)) throw error;
    return { name, differences: [error.message] };
  }
  const failure = failureOf(alarmsOf(events));
  const differences = [
    ...(board.logHash === file.end.logHash ? [] : [`its log has the hash ${board.logHash}, not ${file.end.logHash}`]),
    ...(board.now === file.failedNs ? [] : [`it ends at ${board.now} ns, not at ${file.failedNs}`]),
    ...(file.message.includes(failure) ? [] : [`it fails with '${failure}', not with '${file.message}'`]),
  ];
  return { name, differences };
}
