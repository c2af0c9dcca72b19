// A game day: a sequence of faults that the choices of the run draw, an operator who does what the runbook says, and a score.
//
//   for each round:  calm ─▶ fault ─▶ noticed? (60 points) ─▶ fault ends ─▶ operator clears what tripped ─▶ healthy again? (40 points)
//
// What must stay true: rounds do not overlap, so what is noticed is the fault of its round; the score is read from the device, never from the fault.

import { interlocks } from '../../../protocol/plant/interlocks.ts';
import { runbookOfEvent } from '../../../protocol/runbooks.ts';
import type { EventKind } from '../../../protocol/telemetry/events.ts';
import { parseFault } from '../faults/language.ts';
import { longestNs, second, timeText } from '../time.ts';
import { event, healthy } from './expectations.ts';
import { ScenarioFailure } from './failure.ts';
import type { InsideRig } from './inside.ts';
import { within } from './rig.ts';

/** A fault of a game day (REFERENCE is the one that the clock follows), what shows that it was noticed, and how soon it must be. */
interface Drawn {
  faults: readonly string[];
  event: keyof typeof EventKind;
  within: string;
}

const drawn: readonly Drawn[] = [
  {
    faults: [
      'thermal-rise at 4K 100mW for 1min',
      'thermal-rise at 4K 200mW for 40s',
      'thermal-rise at 4K 400mW for 20s',
    ],
    ...{ event: 'INTERLOCK_TRIPPED', within: '5 s' },
  },
  {
    faults: ['signal-drop at control 6dB for 20s', 'signal-drop at readout-return 9dB for 30s'],
    ...{ event: 'SIGNAL_LOST', within: '5 s' },
  },
  {
    faults: [
      'timing-jitter at REFERENCE for 30s',
      'timing-jitter at REFERENCE 700ppb for 30s',
      'timing-jitter at REFERENCE 5ps for 30s',
    ],
    ...{ event: 'CLOCK_SWITCHED', within: '2 s' },
  },
  {
    faults: ['adc-saturation at control 9dB for 20s', 'adc-saturation at readout-return 12dB for 20s'],
    ...{ event: 'ATTENUATED', within: '5 s' },
  },
  { faults: ['firmware-lock at core'], event: 'BOOT_START', within: '1500 ms' },
  { faults: ['mechanical at MXC for 20s', 'mechanical at Still for 20s'], event: 'SENSOR_LOST', within: '15 s' },
  {
    faults: ['power-surge at dac 30% for 20ms', 'power-surge at rf 25% for 50ms'],
    event: 'INTERLOCK_TRIPPED',
    within: '100 ms',
  },
  { faults: ['power-surge at core -25% for 5ms'], event: 'BOOT_START', within: '100 ms' },
  { faults: ['calibration-drift at 4K 20mK/min for 3min'], event: 'SENSOR_LOST', within: '2 min' },
];

export interface GameRound {
  fault: string;
  event: string;
  /** Nanoseconds from the fault to its event; undefined: it was not noticed in time. */
  noticedNs?: number;
  /** Nanoseconds from the end of the fault until the device was healthy again; undefined: it was not, in a quarter of an hour. */
  recoveredNs?: number;
  /** Pages of docs/runbooks that the alarms of the round lead to, in the order in which they came, each once. */
  runbooks: string[];
  /** What the operator did. */
  steps: string[];
  points: number;
}

export interface GameDay {
  rounds: GameRound[];
  /** Of 100. */
  score: number;
}

const NOTICED_POINTS = 60;
const RECOVERED_POINTS = 40;
const RECOVERS_WITHIN = '15 min';
/** After that, a heartbeat tells of what has happened. */
const FRESH = '2 s';
const references = ['primary', 'secondary'] as const;
const OPERATOR_LOOKS_EVERY = '10 s';

/** Plays so many rounds; a board in a cryostat takes 16 faults at most. */
export async function playGameDay(rig: InsideRig, roundCount = 4): Promise<GameDay> {
  const rounds: GameRound[] = [];
  for (let number = 0; number < roundCount; number++) rounds.push(await playRound(rig));
  const score = rounds.reduce((sum, { points }) => sum + points, 0) / rounds.length;
  return { rounds, score };
}

async function playRound(rig: InsideRig): Promise<GameRound> {
  await rig.wait(`${5 + rig.choose(56)} s`);
  const { faults, event: kind, within: limit } = rig.oneOf(drawn);
  const fault = rig.oneOf(faults).replace('REFERENCE', references[rig.beat('REFERENCE') & 1]);
  const round: GameRound = { fault, event: kind, runbooks: [], steps: [], points: 0 };
  const began = rig.now;
  rig.fault(fault);
  const { forNs } = parseFault(fault);
  const noticed = await inTime(() => rig.until(event(kind, { since: began - 1 }), within(limit)));
  if (noticed !== undefined) round.noticedNs = noticed.ns;
  const endNs = began + (forNs > longestNs ? 0 : forNs);
  if (endNs > rig.now) await rig.wait(`${endNs - rig.now} ns`);
  const overNs = rig.now;
  await rig.wait(FRESH);
  const recovered = await inTime(() => rig.until(operated(rig, round.steps), within(RECOVERS_WITHIN)));
  if (recovered !== undefined) round.recoveredNs = rig.now - overNs;
  round.runbooks = runbooksSince(rig, began);
  round.points = (noticed === undefined ? 0 : NOTICED_POINTS) + (recovered === undefined ? 0 : RECOVERED_POINTS);
  return round;
}

function runbooksSince(rig: InsideRig, beganNs: number): string[] {
  const alarms = rig.events().filter(({ timeNs }) => timeNs >= beganNs);
  return [...new Set(alarms.flatMap((each) => runbookOfEvent(each.kind, each.argument0, each.argument1) ?? []))];
}

/** Healthy, where at each look an operator clears the interlocks that let themselves be cleared. */
function operated(rig: InsideRig, steps: string[]) {
  const wanted = healthy();
  return {
    ...wanted,
    look: async () => {
      // In safe mode nothing knows of interlocks.
      if (rig.view.state !== 'firmware') {
        await rig.wait(OPERATOR_LOOKS_EVERY);
        return { ok: false, seen: rig.view.state };
      }
      const tripped = await rig.heartbeat('TRIPPED');
      for (const [number, { name }] of interlocks.entries())
        if (((tripped >>> number) & 1) === 1 && (await cleared(rig, number)))
          steps.push(`${timeText(rig.now)}: clear ${name}`);
      const seen = await wanted.look(rig);
      if (!seen.ok) await rig.wait(OPERATOR_LOOKS_EVERY);
      return seen;
    },
  };
}

/** False while the cause is still there. */
async function cleared(rig: InsideRig, number: number): Promise<boolean> {
  try {
    await rig.clearInterlock(number);
    return true;
  } catch {
    return false;
  }
}

/** Undefined when the time was over. */
async function inTime<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScenarioFailure) return undefined;
    throw error;
  }
}

/** A round as a line of a report. */
export function roundText({ fault, event, noticedNs, recoveredNs, runbooks, steps, points }: GameRound): string {
  const noticed =
    noticedNs === undefined ? `not noticed by ${event}` : `${event} after ${(noticedNs / second).toFixed(3)} s`;
  const recovered =
    recoveredNs === undefined ? 'not healthy again' : `healthy ${(recoveredNs / second).toFixed(1)} s after its end`;
  const read = runbooks.length === 0 ? [] : [`runbooks ${runbooks.join(', ')}`];
  return `${fault}: ${[noticed, ...read, ...steps, recovered].join('; ')}; ${points} points`;
}
