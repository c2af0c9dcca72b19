// `make telemetry`: ten minutes of a cryostat with five emulated devices and their faults, in virtual time, through the telemetry client; then its fifteen indicators.
//
// Writes build/telemetry.json. Ends with 1 where an indicator has no value.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { indicatorsOf, indicatorTable } from './indicators.ts';
import { STORY_SECONDS, tenMinutes } from './ten-minutes.ts';

const course = await tenMinutes();
const indicators = indicatorsOf(course, STORY_SECONDS);
const rows = indicatorTable(indicators);
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
console.log(`\nalerts that fired: ${course.fired.join(', ')}`);
const told = course.told.map(({ seconds, severity, cryostat, why, alerts }) => {
  // When it is over, nothing is left to name.
  const names = [...new Set(alerts.map(({ name }) => name))].join(', ');
  return `${seconds} s ${severity} for cryostat ${cryostat}, ${names === '' ? why : `${why}: ${names}`}`;
});
console.log(`what somebody was told:\n  ${told.join('\n  ')}`);
const folder = join(repositoryRoot, 'build');
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'telemetry.json'),
  `${JSON.stringify({ seconds: STORY_SECONDS, indicators, fired: course.fired, told: course.told }, null, 1)}\n`,
);
const without = indicators.filter(({ value }) => value === undefined).map(({ id }) => id);
if (without.length > 0) {
  console.error(`indicators without a value: ${without.join(', ')}`);
  process.exitCode = 1;
}
