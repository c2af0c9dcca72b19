// The result of a run, as text and as JSON.

import { expectedKeys } from '../../host/tools/pulse/expected.ts';
import {
  type BinnedAcquisition,
  errorNames,
  type PulseRun,
  type SequencerRun,
  timesFaster,
  virtualNs,
  warningNames,
} from '../../host/tools/pulse/run.ts';
import type { SlackRange } from '../../host/tools/pulse/slack.ts';
import { docOf } from '../../protocol/constants.ts';
import { SequencerFlag, sequencerFlagNames, sequencerFlags } from '../../protocol/q1/status.ts';
import { hang, type Paint, paint, type Style } from '../terminal.ts';
import { counted, spanText } from '../words.ts';
import { setText } from './sources.ts';

const INDENT = 10;
/** Instructions with a wrong register that are listed. */
const VALUES_SHOWN = 5;
/** From here on slack is ample, and its exact value does not matter. */
const AMPLE_NS = 1024;

export function runFailed(run: PulseRun): boolean {
  return run.deadlock !== undefined || run.sequencers.some(({ flags }) => errorNames(flags).length > 0);
}

export function sequencerText(run: SequencerRun, style: Style): string {
  const { name, sequence, tally, instructions, endNs, flags } = run;
  const errors = errorNames(flags);
  const facts = [
    `${spanText(endNs)} of real time`,
    counted(instructions, 'instruction'),
    `${tally.executed} of them real-time`,
    ...(tally.acquisitionCount > 0 ? [counted(tally.acquisitionCount, 'acquisition')] : []),
    ...(tally.triggerCount > 0 ? [counted(tally.triggerCount, 'trigger')] : []),
    ...(run.exitCode !== 0 ? [`exit code ${run.exitCode}`] : []),
  ];
  const waits = run.state !== 'STOPPED';
  const verdict: [Paint, string] = errors.length > 0 ? ['red', 'failed'] : waits ? ['red', 'waits'] : ['green', 'ok'];
  const rows: [Paint | undefined, string, string][] = [[...verdict, facts.join(', ')]];
  if (tally.slack.minimumNs !== undefined && tally.slack.minimumAt !== undefined) {
    const where = lineText(run, tally.slack.minimumAt);
    rows.push([
      undefined,
      'slack',
      `at least ${tally.slack.minimumNs} ns (${where}); ${histogramText(tally.slack.ranges())}`,
    ]);
  }
  for (const one of run.bins()) rows.push([undefined, 'bins', binsText(one)]);
  for (const flag of errors) rows.push(['red', 'error', errorText(run, flag)]);
  for (const flag of warningNames(flags)) rows.push(['yellow', 'warning', warningText(run, flag)]);
  const lines = rows.map(([colour, label, text]) => {
    const padded = label.padStart(INDENT - 2);
    return `${colour === undefined ? padded : paint(style, colour, padded)}  ${hang(text, style.width, INDENT)}`;
  });
  return [
    `${paint(style, 'bold', name)}  ${paint(style, 'dim', `${sequence.name}, ${sequence.profile}, ${setText(sequence)}`)}`,
    ...lines,
  ].join('\n');
}

/** How full an acquisition is, and how often its results reached the threshold. */
function binsText({ name, bins }: BinnedAcquisition): string {
  const filled = bins.filter(({ count }) => count > 0).length;
  const results = bins.reduce((sum, { count }) => sum + count, 0);
  const over = bins.reduce((sum, { threshold }) => sum + threshold, 0);
  return `${name}: ${filled} of ${bins.length} filled, ${over} of ${counted(results, 'result')} at the threshold or above`;
}

function docOfFlag(flag: string): string {
  return docOf(sequencerFlags, SequencerFlag[flag as keyof typeof SequencerFlag]) ?? flag;
}

function warningText(run: SequencerRun, flag: string): string {
  const { overlaps, acquisitionCount, firstOverlapAt } = run.tally;
  if (flag !== 'ACQ_OVERLAP' || firstOverlapAt === undefined) return `${flag}: ${docOfFlag(flag)}`;
  const first = `${lineText(run, firstOverlapAt)} is the first`;
  return `ACQ_OVERLAP: ${overlaps} of ${counted(acquisitionCount, 'window')} opened while the one before was open (${first}). Each is integrated whole here; no document says what the instrument does: make the windows shorter or leave more time between them`;
}

/** The first few instructions whose register held a value out of range. */
function valuesText(run: SequencerRun): string {
  const { wrongValues, originNs } = run.tally;
  const all = [...wrongValues].map(([instruction, { count, value, taken, timeNs }]) => {
    const times = count === 1 ? 'once' : `${count} times, first`;
    const moment = spanText(Math.max(0, timeNs - originNs));
    return `${lineText(run, instruction)}: a register held ${value} (${times} at ${moment}), ${taken} was taken`;
  });
  const rest = all.length > VALUES_SHOWN ? [`${all.length - VALUES_SHOWN} more instructions`] : [];
  return [...all.slice(0, VALUES_SHOWN), ...rest].join('; ');
}

function errorText(run: SequencerRun, flag: string): string {
  const doc = docOfFlag(flag);
  const { underflow } = run.tally;
  if (flag === 'REGISTER_OUT_OF_RANGE' && run.tally.wrongValues.size > 0) return `${flag}: ${valuesText(run)}`;
  if (flag !== 'SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW' || underflow === undefined) return `${flag}: ${doc}`;
  const { instruction, slackNs, timeNs } = underflow;
  const moment = spanText(timeNs - run.tally.originNs);
  return (
    `underflow: ${lineText(run, instruction)}, was due at ${moment} and came ${-slackNs} ns too late; ` +
    'the classic core needs longer for what is before it than the real-time core: lengthen the waits, or do less between them'
  );
}

export function deadlockText({ deadlock, sequencers }: PulseRun): string | undefined {
  if (deadlock === undefined) return undefined;
  const names = (indices: number[]) => indices.map((index) => sequencers[index]?.name ?? `#${index}`).join(', ');
  const { waiting, missing, waitingForTrigger } = deadlock;
  const parts: string[] = [];
  if (waiting.length > 0) parts.push(`${names(waiting)} in wait_sync for ${names(missing)}`);
  if (waitingForTrigger.length > 0)
    parts.push(`${names(waitingForTrigger)} in wait_trigger for a trigger that no sequencer sends`);
  const advice =
    missing.length > 0
      ? `; every sequencer takes part unless it is left out with --set ${names(missing.slice(0, 1))}.sync_enable=0`
      : '';
  return `deadlock: ${parts.join('; ')}${advice}`;
}

export function speedText(run: PulseRun): string {
  const times = timesFaster(run);
  // A program of some microseconds ends before the engine has compiled its code, so its factor can be below 1.
  const factor = times >= 1 ? `${figure(times)} times faster than` : `${figure(times)} times as fast as`;
  return `${spanText(virtualNs(run))} of the instrument's time in ${spanText(run.wallMs * 1e6)}: ${factor} the instrument`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

/** Powers of two; slack above a microsecond is ample and summed up. */
function histogramText(ranges: SlackRange[]): string {
  const close = ranges.filter(({ toNs }) => toNs <= AMPLE_NS);
  const ample = ranges.filter(({ toNs }) => toNs > AMPLE_NS).reduce((sum, { count }) => sum + count, 0);
  const parts = close.map(({ toNs, count }) => `${count} under ${toNs}`);
  return [...parts, ...(ample > 0 ? [`${ample} from ${AMPLE_NS} ns`] : [])].join(', ');
}

const lineOf = ({ sequence: { program } }: SequencerRun, index: number): number =>
  program.instructions[index]?.line ?? 0;

const lineText = (run: SequencerRun, index: number): string => `line ${lineOf(run, index)}, ${textOf(run, index)}`;

/** The instruction as it is written, without label and comment. */
function textOf({ sequence: { program } }: SequencerRun, index: number): string {
  const one = program.instructions[index];
  const text = program.source.lines[(one?.line ?? 0) - 1] ?? '';
  return text
    .slice((one?.column ?? 1) - 1)
    .replace(/#.*/, '')
    .trim()
    .replace(/\s+/g, ' ');
}

export function sequencerJson(run: SequencerRun): Record<string, unknown> {
  const { name, sequence, tally, state, flags, instructions, exitCode } = run;
  const { slack, underflow, originNs } = tally;
  return {
    ...{ name, file: sequence.name, profile: sequence.profile, instructionSet: sequence.program.set, exitCode },
    ...{ state, flags: sequencerFlagNames(flags) },
    ...expectedKeys(run),
    ...{ instructions, realTimeInstructions: tally.executed, originNs },
    minimumSlackNs: slack.minimumNs ?? null,
    minimumSlackLine: slack.minimumAt === undefined ? null : lineOf(run, slack.minimumAt),
    slackHistogram: slack.ranges(),
    underflow:
      underflow === undefined
        ? null
        : {
            line: lineOf(run, underflow.instruction),
            instruction: textOf(run, underflow.instruction),
            timeNs: underflow.timeNs - originNs,
            slackNs: underflow.slackNs,
          },
    wrongValues: [...tally.wrongValues].map(([instruction, { timeNs, ...rest }]) => ({
      ...{ line: lineOf(run, instruction), instruction: textOf(run, instruction), timeNs: timeNs - originNs, ...rest },
    })),
    overlappingAcquisitions: tally.overlaps,
    triggers: tally.triggers.map(({ timeNs, ...trigger }) => ({ timeNs: timeNs - originNs, ...trigger })),
    bins: Object.fromEntries(
      run.bins().map(({ name: acquisition, index, bins }) => [
        acquisition,
        {
          index,
          path0: bins.map(({ path0 }) => path0),
          path1: bins.map(({ path1 }) => path1),
          count: bins.map(({ count }) => count),
          threshold: bins.map(({ threshold }) => threshold),
        },
      ]),
    ),
  };
}

export function runJson(run: PulseRun): Record<string, unknown> {
  const { deadlock, sequencers, wallMs } = run;
  const names = (indices: number[]) => indices.map((index) => sequencers[index]?.name);
  return {
    virtualNs: virtualNs(run),
    wallMs,
    timesFasterThanInstrument: timesFaster(run),
    deadlock:
      deadlock === undefined
        ? null
        : {
            waiting: names(deadlock.waiting),
            missing: names(deadlock.missing),
            waitingForTrigger: names(deadlock.waitingForTrigger),
          },
  };
}
