// Which page of docs/runbooks an alarm has. The rows of the tables name it; this file finds it, and lists all alarms there are.
//
// An alarm is a value of one of the tables below: an event, a bit of the health word, an interlock, a reason, a cause, an alert of the fleet. What must stay true: every
// value of these tables names its page or says that it is no alarm; every event whose page depends on its arguments has a row in `byArgument`.

import { reset } from './chip/reset.ts';
import { alarmTable, BY_ARGUMENT, type ConstantTable, NO_ALARM, nameOf } from './constants.ts';
import { bootDecisions } from './image/boot-state.ts';
import { rejectReasons } from './image/reasons.ts';
import { shedTable } from './plant/budget.ts';
import { interlockTable } from './plant/interlocks.ts';
import { sensorStateTable } from './plant/sensors.ts';
import { sequencerFlags } from './q1/status.ts';
import { alertTable } from './telemetry/alerts.ts';
import { EventKind, eventKinds } from './telemetry/events.ts';
import { Health, healthBits } from './telemetry/health.ts';

/** Bits of the health word that say what is wrong; those above say what is kept off because of it. */
const WHAT_IS_WRONG = 0xffff;

/** The values of a register of the reset controller, in the form of a table. */
function enumeration(prefix: string, register: string): ConstantTable {
  const { doc, fields } = reset.registers.find(({ name }) => name === register) ?? { doc: '' };
  const values = Object.entries(fields?.[0]?.values ?? {});
  return alarmTable<string>(
    prefix,
    doc,
    Object.fromEntries(values.map(([name, entry]) => [name, [entry.value, entry.doc, entry.runbook ?? '']] as const)),
  );
}

export const resetCauses = enumeration('CAUSE', 'CAUSE');
export const faultCauses = enumeration('FAULT_CAUSE', 'FAULT_CAUSE');

/** Every table that has alarms. */
export const alarmTables: readonly ConstantTable[] = [
  ...[eventKinds, healthBits, interlockTable, shedTable, sensorStateTable],
  ...[resetCauses, faultCauses, bootDecisions, rejectReasons, sequencerFlags, alertTable],
];

/** The page of a value; undefined when it is no alarm, or not in the table. */
export function runbookOf(table: ConstantTable, value: number): string | undefined {
  const name = nameOf(table, value);
  const runbook = name === undefined ? undefined : table.values[name]?.[2];
  return runbook === undefined || runbook === NO_ALARM || runbook === BY_ARGUMENT ? undefined : runbook;
}

/** The pages of the bits of a word, in the order of the table, each once. */
export function runbooksOfBits(table: ConstantTable, word: number): string[] {
  const bits = Object.values(table.values).filter(([bit]) => (word & bit) !== 0);
  return [...new Set(bits.flatMap(([bit]) => runbookOf(table, bit) ?? []))];
}

/**
 * The same of a health word. A trip comes first, because most of what else is wrong is its cause. What is kept off has a page of its own only where
 * nothing says why.
 */
export function runbooksOfHealth(word: number): string[] {
  const trip = runbooksOfBits(healthBits, word & Health.INTERLOCK);
  const wrong = runbooksOfBits(healthBits, word & WHAT_IS_WRONG);
  return [...new Set([...trip, ...(wrong.length > 0 ? wrong : runbooksOfBits(healthBits, word))])];
}

type OfArguments<Result> = Readonly<Record<number, (argument0: number, argument1: number) => Result>>;

/** The events with a value of another table, which has the page. */
export const byArgument: OfArguments<string | undefined> = {
  [EventKind.BOOT_START]: (cause) => runbookOf(resetCauses, cause),
  [EventKind.BOOT_VERIFY]: (_, reason) => runbookOf(rejectReasons, reason),
  [EventKind.BOOT_DECISION]: (decision) => runbookOf(bootDecisions, decision),
  [EventKind.BOOT_REJECT]: (_, reason) => runbookOf(rejectReasons, reason),
  [EventKind.SAFE_MODE]: (decision) => runbookOf(bootDecisions, decision),
  [EventKind.SAFE_MODE_BEAT]: (_, decision) => runbookOf(bootDecisions, decision),
  [EventKind.HEARTBEAT]: (_, health) => runbooksOfHealth(health)[0],
  [EventKind.INTERLOCK_TRIPPED]: (interlock) => runbookOf(interlockTable, interlock),
  [EventKind.LOAD_SHED]: (step) => runbookOf(shedTable, step),
  [EventKind.SENSOR_LOST]: (_, why) => runbookOf(sensorStateTable, why),
  [EventKind.TRIAL_ENDED]: (reason) => runbookOf(rejectReasons, reason),
  [EventKind.SEQUENCER_STOPPED]: (_, flags) => runbooksOfBits(sequencerFlags, flags)[0],
};

/** The events that are an alarm with some arguments only. */
const onlyIf: OfArguments<boolean> = {
  [EventKind.SECURITY_COUNTER]: (_, advanced) => advanced === 0,
  [EventKind.ATTENUATED]: (_, decibels) => decibels > 0,
  [EventKind.UPLOAD_DONE]: (_, matched) => matched === 0,
  [EventKind.MUX_TABLE]: (isInForce) => isInForce === 0,
};

/** The page of an event of the recorder; undefined when it is no alarm. */
export function runbookOfEvent(kind: number, argument0: number, argument1: number): string | undefined {
  if (onlyIf[kind]?.(argument0, argument1) === false) return undefined;
  const ofArgument = byArgument[kind];
  return ofArgument === undefined ? runbookOf(eventKinds, kind) : ofArgument(argument0, argument1);
}

/** Where the page is, from the root of the project. */
export const runbookPath = (name: string): string => `docs/runbooks/${name}.md`;

export interface Alarm {
  /** `HEALTH_SENSOR`: prefix of the table and name. */
  name: string;
  /** What the table says of it. */
  doc: string;
  runbook: string;
}

/** Every alarm, in the order of the tables. */
export function allAlarms(): Alarm[] {
  return alarmTables.flatMap((table) =>
    Object.entries(table.values).flatMap(([name, [value, doc]]) => {
      const runbook = runbookOf(table, value);
      return runbook === undefined ? [] : [{ name: `${table.prefix}_${name}`, doc, runbook }];
    }),
  );
}
