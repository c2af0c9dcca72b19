// Records of a log in words: the event and its fields by name. Slots are A and B, addresses are places of the memory map, and the caller gives the
// names of the images in the slots.
//
// What must stay true: no number is shown without its meaning. The sentences in the table of event kinds give the meaning of the two arguments of
// a recorder event.

import { tearPatterns } from '../../host/board/devices/tear.ts';
import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { nameOf } from '../../protocol/constants.ts';
import { taskName } from '../../protocol/firmware/tasks.ts';
import { FLASH, RESET } from '../../protocol/generated/registers.ts';
import { BootRecord } from '../../protocol/image/boot-record.ts';
import { bootDecisions, slotStates } from '../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../protocol/image/reasons.ts';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';
import { MuxLoad } from '../../protocol/multiplexer/module.ts';
import { eventKinds } from '../../protocol/telemetry/events.ts';
import { faultTextOf } from './faults/language.ts';

/** The name of the image in a slot (0 is A) that control is handed to; undefined when the caller does not know it. */
export type NameOfImage = (slot: number) => string | undefined;

const hex = (value: number): string => `0x${value.toString(16)}`;
const nameIn = (table: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(table).find((name) => table[name] === value) ?? `number ${value}`;
const causes = RESET.registers.CAUSE.fields.CAUSE.values;
const faults = RESET.registers.FAULT_CAUSE.fields.CAUSE.values;
const { ERASE_SECTOR } = FLASH.registers.COMMAND.fields.OPERATION.values;
const lines = ['gateway', 'console'];
const lineText = (a: number): string => `${a & 0xff_ffff} bytes, ${lines[a >>> 24] ?? `line ${a >>> 24}`} line`;

const { SLOT_A, SLOT_B, SLOT_SIZE, BOOT_STATE_0, BOOT_STATE_1, SECTOR_SIZE, BOOT_LOG, BOOT_LOG_SIZE } = MemoryMap;
const regions: readonly [name: string, start: number, size: number][] = [
  ['slot A', SLOT_A, SLOT_SIZE],
  ['slot B', SLOT_B, SLOT_SIZE],
  ['boot log', BOOT_LOG, BOOT_LOG_SIZE],
  ['storage', MemoryMap.STORAGE, MemoryMap.STORAGE_SIZE],
];

/** A flash address as a place of the memory map. */
function placeText(address: number): string {
  for (const [number, start] of [BOOT_STATE_0, BOOT_STATE_1].entries())
    if (address >= start && address < start + SECTOR_SIZE)
      return `boot state, sector ${number}, record ${Math.floor((address - start) / BootRecord.SIZE)}`;
  const region = regions.find(([, start, size]) => address >= start && address < start + size);
  if (region === undefined) return `flash at ${hex(address)}`;
  const [name, start, size] = region;
  if (size === SLOT_SIZE && address - start >= SLOT_SIZE - SECTOR_SIZE) return `trailer of ${name}`;
  return address === start ? `start of ${name}` : `${name} + ${hex(address - start)}`;
}

function fuseText(index: number): string {
  const { SECURITY_COUNTER, SECURITY_COUNTER_WORDS, KEY_REVOKED } = Fuse;
  if (index === KEY_REVOKED) return 'revoked keys';
  const counter = index - SECURITY_COUNTER;
  return counter >= 0 && counter < SECURITY_COUNTER_WORDS ? `security counter, word ${counter}` : `fuse word ${index}`;
}

function bitsText(bits: number): string {
  const set = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (bits >>> bit) & 1);
  return set.length === 0 ? 'no bit' : `bit${set.length === 1 ? '' : 's'} ${set.join(', ')}`;
}

/** How a field of a recorder event is shown, by its word in the sentence. */
const fields: Readonly<Record<string, (value: number) => string>> = {
  slot: (value) => `slot ${'AB'[value] ?? 'none'}`,
  'its slot': (value) => `slot ${'AB'[value] ?? 'none'}`,
  reason: (value) => (value === 0 ? 'good' : `${nameOf(rejectReasons, value) ?? `reason ${value}`}`),
  decision: (value) => nameOf(bootDecisions, value) ?? `decision ${value}`,
  'decision that says why': (value) => nameOf(bootDecisions, value) ?? `decision ${value}`,
  'reset cause': (value) => nameIn(causes, value),
  'slot state': (value) => nameOf(slotStates, value) ?? `state ${value}`,
  task: (value) => `task ${taskName(value)}`,
  version: (value) => `version ${value >>> 24}.${(value >>> 16) & 0xff}.${value & 0xffff}`,
};

/** What a sentence says of the argument before it, and not of the next. */
const qualifiers: readonly string[] = ['signed', 'as bits', 'one bit each'];

/** The names of the two arguments in the sentence: "A slot was verified: slot, reason (0 is good)". */
function fieldNames(sentence: string): { field: string; isSigned: boolean }[] {
  const [, list = ''] = sentence.split(/: /);
  const names = list.split(/[,;] /).map((name) => name.replace(/ \(.*/, '').trim());
  return names.flatMap((field, at) =>
    qualifiers.includes(field) ? [] : [{ field, isSigned: names[at + 1] === 'signed' }],
  );
}

function recorderText(kind: number, ...values: [first: number, second: number]): string {
  const name = nameOf(eventKinds, kind);
  if (name === undefined) return `event of kind ${kind}, arguments ${values.join(' and ')}`;
  const names = fieldNames(eventKinds.values[name as keyof typeof eventKinds.values][1]);
  const texts = values.flatMap((value, at) => {
    const { field = '', isSigned = false } = names[at] ?? {};
    // An argument that the sentence calls a number has no meaning.
    if (field === '' || /^\d/.test(field)) return [];
    return [fields[field]?.(value) ?? `${field} ${isSigned ? value | 0 : value}`];
  });
  return [name, ...texts].join(', ').replace(', ', ': ');
}

/** By kind of record. The numbers of a kind that is left out are of no use for a person. */
const words: Partial<Record<number, (a: number, b: number, image?: NameOfImage) => string>> = {
  [LogKind.RESET]: (a) => nameIn(causes, a),
  [LogKind.FAULT]: (a, b) => `${nameIn(faults, a)}, bus address ${hex(b)}`,
  [LogKind.BOOT_ROM]: (a) => `bootloader of ${a} bytes`,
  [LogKind.HANDOVER]: (a, b, image) => {
    const slot = a >= SLOT_B ? 1 : 0;
    return `slot ${'AB'[slot]}, image ${image?.(slot) ?? `of ${b} bytes`}`;
  },
  [LogKind.RUN]: (a, b) => `${a === 0 ? 'reset' : 'interrupt'}, ${b} cycles`,
  [LogKind.FLASH_START]: (a, b) => `${a === ERASE_SECTOR ? 'erase' : 'program'} ${placeText(b)}`,
  [LogKind.FLASH_DONE]: (a) => placeText(a),
  [LogKind.FLASH_TORN]: (a) => `${placeText(a & 0xff_ffff)}, left as ${tearPatterns[a >>> 24]?.name ?? 'nobody knows'}`,
  [LogKind.FUSE]: (a, b) => `${fuseText(a)} now ${bitsText(b)}`,
  [LogKind.FUSE_START]: (a, b) => `burn ${fuseText(a)}, ${bitsText(b)}`,
  [LogKind.FUSE_WEAK]: (a, b) => `${fuseText(a)}, weak ${bitsText(b)}`,
  [LogKind.DISTURBANCE]: (a, b) => faultTextOf({ kind: a >>> 24, place: (a >>> 16) & 0xff, size: b | 0 }),
  [LogKind.SEQUENCER_LOAD]: (a) => `sequencer ${a >>> 24}, ${a & 0xff_ffff} bytes`,
  [LogKind.SEQUENCER_START]: (a, b) => `sequencers of ${bitsText(a)}, busy are those of ${bitsText(b)}`,
  [LogKind.SEQUENCER_STOPPED]: (a) => `sequencer ${a}`,
  [LogKind.MUX_LOAD]: (a, b) => `table of ${a} bytes, ${b === MuxLoad.GOOD ? 'taken' : 'refused'}`,
  [LogKind.MUX_CODE]: (a, b) => `cell ${a}, new value ${b}`,
  [LogKind.CELLS_LATE]: (a, b) => `cell ${b} missed its deadline, ${a} so far`,
  [LogKind.INPUT]: lineText,
  [LogKind.OUTPUT]: lineText,
};

/** A record in words, without its time. */
export function recordWords(record: Omit<LogRecord, 'timeNs'>, image?: NameOfImage): string {
  const { kind, a, b, argument1 = a >>> 16 } = record;
  if (kind === LogKind.RECORDER) return recorderText(a & 0xffff, b, argument1);
  const name = nameIn(LogKind, kind).replaceAll('_', ' ').toLowerCase();
  const text = words[kind]?.(a, b, image);
  return text === undefined ? name : `${name}: ${text}`;
}
