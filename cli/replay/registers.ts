// All registers of a board by name, with their fields, as an observer reads them: without a side effect.

import type { BoardView } from '../../host/board/view.ts';
import { peripheralTable, type RegisterEntry } from '../../protocol/generated/registers.ts';
import { table } from '../terminal.ts';

export interface ShownRegister {
  name: string;
  value: number;
  fields: Record<string, number>;
}

/** Registers that hold a word. Write-only ones and those that are computed when they are read are left out. */
export function registersOf(view: BoardView): ShownRegister[] {
  return peripheralTable.flatMap((peripheral) =>
    Object.values(peripheral.registers).flatMap((register) =>
      Array.from({ length: register.readable === 0 ? 0 : register.count }, (_, index) => {
        const value = storedWord(() => view.register(peripheral, register.name, index));
        const name = `${peripheral.name}.${register.name}${register.count === 1 ? '' : `[${index}]`}`;
        return value === undefined ? [] : [{ name, value, fields: fieldsOf(register, value) }];
      }).flat(),
    ),
  );
}

/** Registers of many words that are all zero take one line. */
export function registersText(registers: readonly ShownRegister[]): string {
  const rows = registers
    .filter(({ name, value }) => !name.endsWith(']') || value !== 0)
    .map(({ name, value, fields }) => [
      name,
      `0x${value.toString(16).padStart(8, '0')}`,
      Object.entries(fields)
        .filter(([field, of]) => of !== 0 && !name.includes(`.${field}`))
        .map(([field, of]) => `${field} ${of}`)
        .join(', '),
    ]);
  return table([['register', 'value', 'fields that are not 0'], ...rows]);
}

export function fieldsOf({ fields }: RegisterEntry, value: number): Record<string, number> {
  return Object.fromEntries(Object.entries(fields).map(([name, { mask, shift }]) => [name, (value & mask) >>> shift]));
}

/** Undefined for a register that is computed when it is read. */
function storedWord(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
