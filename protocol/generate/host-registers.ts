// Register table for the host: one entry per 32-bit word, with the masks the bus needs to fail loud.

import { accessOf, type Field, fieldMask, fieldsOf, type Peripheral, type Register } from '../chip/svd.ts';
import { generatedNotice, hex } from './text.ts';

const preamble = `
/** One register, expanded: what the bus must know to refuse a wrong access without asking the device. */
export interface RegisterEntry {
  name: string;
  offset: number;
  /** Consecutive words. */
  count: number;
  reset: number;
  /** Bits that exist. */
  mask: number;
  /** Bits a read returns; zero means the register is write-only. */
  readable: number;
  /** Bits a write may set to one; zero means the register is read-only. Writing a one elsewhere is a fault. */
  writable: number;
  /** Bits that a written one clears. */
  oneToClear: number;
  /** Bits that a written one sets for good, until reset. */
  oneToSet: number;
  fields: Record<string, FieldEntry>;
}

export interface FieldEntry {
  mask: number;
  shift: number;
  /** The only values that may be written, where the list is closed. */
  values?: Record<string, number>;
}

export interface PeripheralEntry {
  name: string;
  base: number;
  /** Interrupt line as a bit, or zero. */
  line: number;
  registers: Record<string, RegisterEntry>;
}
`;

export function hostRegisters(peripherals: Peripheral[]): string {
  const lines = [`// ${generatedNotice}`, preamble];
  for (const peripheral of peripherals) {
    const line = peripheral.interrupt ? 2 ** peripheral.interrupt.line : 0;
    lines.push(`/** ${peripheral.doc} */`, `export const ${peripheral.name} = {`);
    lines.push(
      `  name: '${peripheral.name}',`,
      `  base: ${hex(peripheral.base)},`,
      `  line: ${line},`,
      '  registers: {',
    );
    for (const register of peripheral.registers) lines.push(`    ${register.name}: ${entryOf(register)},`);
    lines.push('  },', '} satisfies PeripheralEntry;', '');
  }
  lines.push(`export const peripheralTable: PeripheralEntry[] = [${peripherals.map((p) => p.name).join(', ')}];`);
  return `${lines.join('\n')}\n`;
}

function entryOf(register: Register): string {
  const fields = fieldsOf(register);
  const maskWhere = (test: (field: Field) => boolean) =>
    hex(fields.filter(test).reduce((mask, field) => (mask | fieldMask(field)) >>> 0, 0));
  const fieldEntries = fields.map((field) => {
    const values = Object.entries(field.values ?? {}).map(([name, { value }]) => `${name}: ${hex(value, 1)}`);
    const list = values.length === 0 ? '' : `, values: { ${values.join(', ')} }`;
    return `${field.name}: { mask: ${hex(fieldMask(field))}, shift: ${field.bits[1]}${list} }`;
  });
  return [
    `{ name: '${register.name}', offset: ${hex(register.offset, 3)}, count: ${register.count ?? 1}, reset: ${hex(register.reset)}`,
    `mask: ${maskWhere(() => true)}`,
    `readable: ${maskWhere((field) => accessOf(field, register) !== 'write-only')}`,
    `writable: ${maskWhere((field) => accessOf(field, register) !== 'read-only')}`,
    `oneToClear: ${maskWhere((field) => field.modifiedWriteValues === 'oneToClear')}`,
    `oneToSet: ${maskWhere((field) => field.modifiedWriteValues === 'oneToSet')}`,
    `fields: { ${fieldEntries.join(', ')} } }`,
  ].join(', ');
}
