// The calibration record as a page that a person reads, in Markdown.

import { type RecordPart, recordParts } from '../calibration/fields.ts';
import { Calibration, calibrationChannelTable, calibrationTable } from '../calibration/record.ts';
import { MemoryMap } from '../memory-map.ts';
import { generatedNotice } from './text.ts';

const head = ['MAGIC', 'VERSION', 'LENGTH', 'SEQUENCE', 'CRC', 'HEAD_CRC', 'PAYLOAD'] as const;
const cell = (text: string) => text.replaceAll('|', '\\|');
const sectors = [MemoryMap.CALIBRATION_0, MemoryMap.CALIBRATION_1].map((at) => `0x${at.toString(16)}`).join(' and ');
const number = (value: number) => value.toLocaleString('en-US');

export function calibrationReference(): string {
  return `<!-- ${generatedNotice} -->
# The calibration record

What a controller knows of its own analogue parts: corrections of the readout's inputs, what each readout channel listens to, corrections of the
sequencers' outputs, offsets of the thermometers. It is written by \`coldrig calibrate\` ([docs/calibration.md](../../docs/calibration.md)) or by any SMP client
(group 68, command RECORD: [protocol/smp/readout.ts](../smp/readout.ts)), and is in force from then on, also after a reset and a power cut.

All numbers are little-endian, 32 bits, signed where a range begins below zero. A field that is zero corrects nothing. A record that is shorter is completed
with zeros; what follows the fields of this page is kept as it is and not judged. A field out of its range has the whole record refused (error FIELD); STATE then says
the offset of the field in the payload.

## In flash

A record takes ${Calibration.PLACE_SIZE} bytes. It is appended to one of two sectors (${sectors}); the sector that holds the newest record is never erased. The newest record whose
checksums hold is in force, so a power cut at any moment leaves the record before it.

| offset | field | what it is |
|---|---|---|
${head.map((name) => `| ${Calibration[name]} | \`${name}\` | ${cell(calibrationTable.values[name][1])} |`).join('\n')}

The payload has ${Calibration.PAYLOAD_SIZE} bytes in this version, ${Calibration.PAYLOAD_MAX} at most, a multiple of 8.

## Payload
${recordParts.map(section).join('')}`;
}

const flags = Object.entries(calibrationChannelTable.values)
  .filter(([name]) => /^FLAG_/.test(name))
  .map(([name, [value, doc]]) => `| ${value} | \`${name}\` | ${cell(doc.replace('In FLAGS: ', ''))} |`);
const flagText = `
| bit | flag | what it says |
|---|---|---|
${flags.join('\n')}
`;

function section({ name, first, count, size, fields }: RecordPart): string {
  const rows = fields.map(
    ({ name: field, place, least, most, doc }) =>
      `| ${place} | \`${field}\` | ${number(least)} to ${number(most)} | ${cell(doc)} |`,
  );
  return `
### ${count} ${name}s

${name[0].toUpperCase()}${name.slice(1)} n begins at ${first} + ${size} n; n is 0 to ${count - 1}.

| offset | field | range | what it is |
|---|---|---|---|
${rows.join('\n')}
${name === 'channel' ? flagText : ''}`;
}
