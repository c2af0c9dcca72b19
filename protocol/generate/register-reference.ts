// The register reference a person reads, in Markdown.

import { accessOf, type Field, fieldsOf, type Peripheral, type Register } from '../chip/svd.ts';
import { generatedNotice, hex } from './text.ts';

export function registerReference(peripherals: Peripheral[]): string {
  const overview = peripherals.map(
    (p) =>
      `| [${p.name}](#${p.name.toLowerCase()}) | \`${hex(p.base)}\` | ${p.interrupt ? p.interrupt.line : ''} | ${cell(p.doc)} |`,
  );
  return `<!-- ${generatedNotice} -->
# Register reference

Bits no field claims are reserved: they read as zero, and writing a one to them is a bus fault. So is reading a write-only
register, writing a read-only one, and writing a value outside an enumeration. All accesses are 32 bits wide and aligned.

| peripheral | base | line | what it is |
|---|---|---|---|
${overview.join('\n')}
${peripherals.map(peripheralSection).join('')}`;
}

function peripheralSection(peripheral: Peripheral): string {
  return `
## ${peripheral.name}

${peripheral.doc}
${peripheral.registers.map((register) => registerSection(peripheral, register)).join('')}`;
}

function registerSection(peripheral: Peripheral, register: Register): string {
  const address = hex(peripheral.base + register.offset);
  const count = register.count === undefined ? '' : ` x ${register.count} words`;
  return `
### ${peripheral.name}.${register.name}

\`${address}\`${count}, ${register.access}, reset \`${hex(register.reset)}\`. ${register.doc}

| bits | field | access | meaning |
|---|---|---|---|
${fieldsOf(register)
  .map((field) => fieldRow(field, register))
  .join('\n')}
`;
}

function fieldRow(field: Field, register: Register): string {
  const [high, low] = field.bits;
  const bits = high === low ? `${low}` : `${high}:${low}`;
  const how =
    field.modifiedWriteValues === 'oneToClear'
      ? ', write one to clear'
      : field.modifiedWriteValues === 'oneToSet'
        ? ', write one to set'
        : '';
  const values = Object.entries(field.values ?? {}).map(
    ([name, { value, doc }]) => `<br>\`${hex(value, 1)}\` ${name}: ${doc}`,
  );
  return `| ${bits} | ${field.name} | ${accessOf(field, register)}${how} | ${cell(field.doc + values.join(''))} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
