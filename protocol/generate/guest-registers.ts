// Registers for the guests, in AssemblyScript. For register R of peripheral P:
//   P_R                 absolute address (of its first word; P_R_COUNT words)
//   P_R_F, P_R_F_SHIFT  mask and lowest bit of field F (none for a register that is one 32-bit field)
//   P_R_F_V             enumerated value V, shifted into place
//   readPR(), writePR(value)   accessors, with an index for arrays, where access allows

import { type Access, fieldMask, fieldsOf, type Peripheral, type Register } from '../chip/svd.ts';
import { generatedNotice, hex, pascal } from './text.ts';

export function guestRegisters(peripherals: Peripheral[]): string {
  const lines = [`// ${generatedNotice}`, '', "import { read32, write32 } from '../bus';"];
  for (const peripheral of peripherals) {
    lines.push('', `// ${peripheral.name}: ${peripheral.doc}`);
    for (const register of peripheral.registers) {
      lines.push(...constantsOf(peripheral, register), ...accessorsOf(peripheral, register));
    }
  }
  return `${lines.join('\n')}\n`;
}

function constantsOf(peripheral: Peripheral, register: Register): string[] {
  const name = `${peripheral.name}_${register.name}`;
  const lines = [
    '',
    `/** ${register.doc} */`,
    `export const ${name}: u32 = ${hex(peripheral.base + register.offset)};`,
  ];
  if (register.count !== undefined) lines.push(`export const ${name}_COUNT: u32 = ${register.count};`);
  for (const field of fieldsOf(register)) {
    const [, low] = field.bits;
    if (register.fields) {
      lines.push(`/** ${field.doc} */`, `export const ${name}_${field.name}: u32 = ${hex(fieldMask(field))};`);
      lines.push(`export const ${name}_${field.name}_SHIFT: u32 = ${low};`);
    }
    for (const [valueName, { value, doc }] of Object.entries(field.values ?? {})) {
      lines.push(`/** ${doc} */`, `export const ${name}_${field.name}_${valueName}: u32 = ${hex(value * 2 ** low)};`);
    }
  }
  return lines;
}

function accessorsOf(peripheral: Peripheral, register: Register): string[] {
  const name = `${peripheral.name}_${register.name}`;
  const suffix = `${pascal(peripheral.name)}${pascal(register.name)}`;
  const address = register.count === undefined ? name : `${name} + (index << 2)`;
  const index = register.count === undefined ? '' : 'index: u32';
  const lines: string[] = [];
  const accesses = new Set<Access>([
    register.access,
    ...fieldsOf(register).map((field) => field.access ?? register.access),
  ]);
  if (accesses.has('read-only') || accesses.has('read-write')) {
    lines.push(`export function read${suffix}(${index}): u32 {`, `  return read32(${address});`, '}');
  }
  if (accesses.has('write-only') || accesses.has('read-write')) {
    const parameters = [index, 'value: u32'].filter(Boolean).join(', ');
    lines.push(`export function write${suffix}(${parameters}): void {`, `  write32(${address}, value);`, '}');
  }
  return lines;
}
