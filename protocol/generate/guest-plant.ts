// What the firmware knows of the cryostat, as tables in its memory: thermometer curves, heaters, energies, interlocks.
//
// A curve becomes points {reading, microkelvin}, readings ascending, as far apart as a straight line between two may be: nowhere more than a
// ten-thousandth of the temperature, or a microkelvin, off the curve. The firmware needs no more than one integer division to interpolate.
// What must stay true: the guest's overlay of an interlock's row has its fields in the order in which the row's numbers are written here.

import { checkPlant, type Plant, plant } from '../plant/plant.ts';
import { type Curve, curves, type SensorType } from '../sensors/curves.ts';
import { generatedNotice } from './text.ts';

const toleranceShare = 1e-4;
/** Kelvin over which each thermometer is converted: wider than the range of its curve, so that a reading outside the range still becomes a temperature that shows it. */
const spans: Record<SensorType, [number, number]> = {
  'DT-670': [1.4, 400],
  'CX-1010': [0.1, 320],
  'CX-1030': [0.3, 320],
  'RX-102A': [0.004, 39],
};

interface Point {
  reading: number;
  microkelvin: number;
}

/** Points of a curve for linear interpolation, readings ascending. */
export function pointsOf(curve: Curve): Point[] {
  const [cold, hot] = spans[curve.type];
  const first = Math.ceil(curve.readingOf(hot) * curve.stepsPerUnit);
  const last = Math.floor(curve.readingOf(cold) * curve.stepsPerUnit);
  const pointAt = (reading: number): Point => ({
    reading,
    microkelvin: Math.round(curve.kelvinOf(reading / curve.stepsPerUnit) * 1e6),
  });
  const points = [pointAt(first)];
  for (let from = points[0]; from.reading < last; from = points[points.length - 1]) {
    let [good, bad] = [from.reading + 1, last + 1];
    while (bad - good > Math.max(1, (good - from.reading) / 64)) {
      const middle =
        bad > last ? Math.min(last, from.reading + 2 * (good - from.reading)) : Math.floor((good + bad) / 2);
      if (isStraight(curve, from, pointAt(middle))) good = middle;
      else bad = middle;
      if (good === last) break;
    }
    points.push(pointAt(good));
  }
  return points;
}

function isStraight(curve: Curve, from: Point, to: Point): boolean {
  for (let part = 1; part < 8; part++) {
    const reading = from.reading + ((to.reading - from.reading) * part) / 8;
    const line = from.microkelvin + ((to.microkelvin - from.microkelvin) * part) / 8;
    const exact = curve.kelvinOf(reading / curve.stepsPerUnit) * 1e6;
    if (Math.abs(line - exact) > Math.max(1, exact * toleranceShare)) return false;
  }
  return true;
}

/** Columns of the interlocks' table: the guest's field, and the row's. */
const interlockColumns = [
  ['condition', 'condition', 'CONDITION_*'],
  ['subject', 'of', 'Channel or mask of rails, as the condition says'],
  ['threshold', 'threshold', 'In the unit of the condition'],
  ['hysteresis', 'hysteresis', 'How far below the threshold the condition is gone'],
  ['persistenceMs', 'persistenceMs', 'How long it must last, and be gone'],
  ['action', 'action', 'Bits of ACTION_*'],
  ['clearer', 'clearer', 'CLEARER_*'],
] as const;

/** The tables as AssemblyScript; throws when a list has fewer or more rows than what it is counted by. */
export function guestPlant(tables: Plant = plant): string {
  checkPlant(tables);
  const { channelSensors, excitationNanoamperes, heaterFullScaleMicrowatts } = tables;
  const { activityPicojoules, idleMicrowatts, interlocks } = tables;
  const lines = [`// ${generatedNotice}`];
  const types = Object.keys(curves) as SensorType[];
  for (const type of types) {
    const points = pointsOf(curves[type]);
    const name = nameOf(type);
    lines.push('', `// ${type}: pairs of reading and microkelvin.`, `const ${name}_POINTS: u32 = ${points.length};`);
    lines.push(
      ...table(
        name,
        points.map(({ reading, microkelvin }) => [reading, microkelvin]),
      ),
    );
  }
  lines.push('', '// By channel.', 'export function curveOf(channel: u32): usize {', '  switch (channel) {');
  for (const [channel, type] of channelSensors.entries())
    lines.push(`    case ${channel}:`, `      return ${nameOf(type)};`);
  lines.push('    default:', '      return 0;', '  }', '}', '');
  lines.push('export function curvePoints(channel: u32): u32 {', '  switch (channel) {');
  for (const [channel, type] of channelSensors.entries())
    lines.push(`    case ${channel}:`, `      return ${nameOf(type)}_POINTS;`);
  lines.push('    default:', '      return 0;', '  }', '}', '');
  lines.push('// Nanoamperes by channel.', ...table('EXCITATIONS', [excitationNanoamperes], 'export '));
  lines.push(
    '',
    '// Microwatts at full duty by heater.',
    ...table('HEATER_FULL_SCALES', [heaterFullScaleMicrowatts], 'export '),
  );
  lines.push('', '// Picojoules by kind of activity.', ...table('ENERGIES', [activityPicojoules], 'export '));
  lines.push('', '// What the chip takes doing nothing.', `export const IDLE_MICROWATTS: u32 = ${idleMicrowatts};`);
  lines.push('', '// Interlocks, one row each, as `InterlockRow` reads them.');
  lines.push(
    ...table(
      'INTERLOCKS',
      interlocks.map((row) => interlockColumns.map(([, column]) => row[column])),
    ),
  );
  lines.push('', '/** A row of the interlocks. */', '@unmanaged', 'export class InterlockRow {');
  for (const [field, , doc] of interlockColumns) lines.push(`  /** ${doc}. */`, `  ${field}: u32 = 0;`);
  lines.push('}', '', 'export function interlockRow(number: u32): InterlockRow {');
  lines.push(`  assert(number < ${interlocks.length}, 'an interlock of the table');`);
  lines.push('  return changetype<InterlockRow>(INTERLOCKS + <usize>number * offsetof<InterlockRow>());', '}');
  return `${lines.join('\n')}\n`;
}

function table(name: string, rows: readonly (readonly number[])[], keyword = ''): string[] {
  return [`${keyword}const ${name}: usize = memory.data<u32>([`, ...rows.map((row) => `  ${row.join(', ')},`), ']);'];
}

/** DT-670 -> DT_670 */
const nameOf = (type: SensorType) => type.replace('-', '_');
