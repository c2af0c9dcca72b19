// Numbers of the board in words. When protocol/ has a sentence for a value, it is used.

import type { ImageState } from '../host/tools/smp/index.ts';
import { reset } from '../protocol/chip/reset.ts';
import { type ConstantTable, docOf, nameOf } from '../protocol/constants.ts';
import { bootDecisions, slotStates } from '../protocol/image/boot-state.ts';
import { rejectReasons } from '../protocol/image/reasons.ts';
import { Condition, interlocks } from '../protocol/plant/interlocks.ts';
import { Reference } from '../protocol/plant/places.ts';
import { healthBits } from '../protocol/telemetry/health.ts';

/** `1 channel`, `2 channels`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const slotName = (slot: number): string => (slot === 0 ? 'A' : slot === 1 ? 'B' : `#${slot}`);

const causeWords: Record<string, string> = {
  POWER_ON: 'power-on',
  PIN: 'reset pin',
  SOFTWARE: 'reset by software',
  WATCHDOG: 'watchdog',
  FAULT: 'fault of the core',
  TRIAL_TIMEOUT: 'trial not confirmed in time',
  BROWN_OUT: 'brown-out',
};

/** Why the chip came out of reset. */
export function causeText(cause: number): string {
  return causeWords[enumerated('CAUSE', cause)?.name ?? ''] ?? `cause ${cause}`;
}

/** What the core did wrong. */
export function faultText(cause: number): string {
  return firstClause(enumerated('FAULT_CAUSE', cause)?.doc ?? `fault ${cause}`);
}

/** The same with its place. For a module that the core refuses, the message of the core is in the place of the function. */
export function faultPlaceText(cause: number, functionName: string): string {
  if (functionName === '') return faultText(cause);
  return enumerated('FAULT_CAUSE', cause)?.name === 'IMAGE_REFUSED'
    ? `${faultText(cause)} (${functionName})`
    : `${faultText(cause)} in ${functionName}`;
}

export function decisionText(decision: number): string {
  return lowerFirst(docOf(bootDecisions, decision) ?? `decision ${decision}`);
}

export function reasonText(reason: number): string {
  return lowerFirst(docOf(rejectReasons, reason) ?? `reason ${reason}`);
}

export function stateText(state: number): string {
  return (nameOf(slotStates, state) ?? `state ${state}`).toLowerCase();
}

/** `1.2.0`, or `1.2.0+3` with a build number. */
export function versionText(word: number, build = 0): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${word & 0xffff}${build === 0 ? '' : `+${build}`}`;
}

/** MCUmgr's image list has the build number behind a point (1.2.0.3); here it is written as everywhere else: 1.2.0+3. */
export const listedVersion = (version: string): string => version.replace(/^(\d+\.\d+\.\d+)\.(\d+)$/, '$1+$2');

/**
 * Why the next reset does not try an image that is marked for a trial; undefined when it will. A device tries an image that is older than its
 * confirmed one only with a token, and no client can see whether a slot has a token (docs/bootloader.md, the classes).
 */
export function behindText(version: string, running: ImageState | undefined): string | undefined {
  if (!running?.confirmed) return undefined;
  const [ours, theirs] = [version, running.version].map((text) => text.split(/[.+]/).map(Number));
  const differs = [0, 1, 2].find((part) => ours[part] !== theirs[part]);
  if (differs === undefined || !(ours[differs] < theirs[differs])) return undefined;
  return `version ${listedVersion(running.version)} is confirmed and newer, so this one is tried only with a downgrade token, or when that one fails`;
}

/** `healthy`, or what is wrong. */
export function healthText(word: number): string {
  if (word === 0) return 'healthy';
  const wrong = Object.entries(healthBits.values).filter(([, [bit]]) => (word & bit) !== 0);
  return `not healthy: ${wrong.map(([, [, doc]]) => firstClause(doc)).join('; ') || `0x${word.toString(16)}`}`;
}

/** A span of time with three digits or so: `850 ms`, `12.4 s`, `5 min 0 s`. */
export function spanText(nanoseconds: number): string {
  const units: [number, string][] = [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
  ];
  if (nanoseconds >= 120e9) {
    const seconds = Math.round(nanoseconds / 1e9);
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  const [size, unit] = units.find(([least]) => nanoseconds >= least) ?? [1, 'ns'];
  const value = nanoseconds / size;
  return `${value >= 100 || unit === 'ns' ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}

/** A moment since power-on, in seconds with milliseconds. */
export function momentText(nanoseconds: number): string {
  return `${(nanoseconds / 1e9).toFixed(3)} s`;
}

export function bytesText(count: number): string {
  return count < 4096 ? `${count} bytes` : `${(count / 1024).toFixed(1)} KiB`;
}

/** `4.21 K`, `96.4 mK`, or `?` when no temperature is known. */
export function temperatureText(microkelvin: number): string {
  if (microkelvin === 0) return '?';
  const kelvin = microkelvin / 1e6;
  return kelvin >= 1 ? `${kelvin.toPrecision(4)} K` : `${(kelvin * 1000).toPrecision(3)} mK`;
}

const powerUnits: [number, string][] = [
  [1, 'W'],
  [1e-3, 'mW'],
  [1e-6, 'µW'],
  [1e-9, 'nW'],
];

/** `3.91 mW`, `44.6 nW`: three digits and a fitting unit; the same in every table, line and view. */
export function wattsText(watts: number): string {
  if (Math.abs(watts) < 1e-12) return '0 W';
  // A value that rounds to 1000 of a unit is shown as 1 of the next.
  const [size, unit] = powerUnits.find(([least]) => Math.abs(watts) >= 0.9995 * least) ?? powerUnits[3];
  return `${threeDigits(watts / size)} ${unit}`;
}

export function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** What an interlock measured when it tripped, with its unit, behind a colon; nothing where a condition has no number. */
export function measuredText(number: number, value: number): string {
  const condition = interlocks[number]?.condition;
  if (condition === Condition.HOT) return `: ${temperatureText(value)}`;
  if (condition === Condition.RISE) return `: ${temperatureText(value)} in a few minutes`;
  return condition === Condition.RUNAWAY ? `: ${wattsText(value / 1e6)} more than was set` : '';
}

const clockLocked = 4;

/** A clock word of the device: the reference, and whether the loop is locked to it. */
export function clockFacts(clock: number): { reference: string; locked: boolean } {
  const reference = (clock & 1) === Reference.SECONDARY ? 'secondary' : 'primary';
  return { reference, locked: (clock & clockLocked) !== 0 };
}

export function clockText(clock: number): string {
  const { reference, locked } = clockFacts(clock);
  return `${reference}${locked ? '' : ', not locked'}`;
}

/** Name of an entry of a table of places, in words: `plate 4k`. */
export function placeText(table: ConstantTable, number: number): string {
  return (nameOf(table, number) ?? `#${number}`).toLowerCase().replaceAll('_', ' ');
}

/** The part of a sentence of a table before its semicolon. */
function firstClause(text: string): string {
  return lowerFirst(text.split(';')[0]);
}

function lowerFirst(text: string): string {
  // Keeps abbreviations: "SHA-256 of …" stays.
  return /^[A-Z][a-z]/.test(text) || /^A /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function enumerated(register: string, value: number): { name: string; doc: string } | undefined {
  const values = reset.registers.find(({ name }) => name === register)?.fields?.[0]?.values ?? {};
  const found = Object.entries(values).find(([, entry]) => entry.value === value);
  return found && { name: found[0], doc: found[1].doc };
}
