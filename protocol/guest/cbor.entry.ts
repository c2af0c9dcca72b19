// The CBOR modules as their unit test sees them: literals are passed as keys here, for a test cannot make one.

export * from './cbor-fields';
export * from './cbor-reader';
export * from './cbor-writer';

import { findText, readBoolean, readFlag, readUnsigned } from './cbor-fields';
import { cborMapFind } from './cbor-reader';
import { writeText } from './cbor-writer';

export function findOff(map: usize): usize {
  return cborMapFind(map, 'off');
}
export function findTextOff(): usize {
  return findText('off');
}
export function readOff(absent: u64): u64 {
  return readUnsigned('off', absent);
}
export function readUpgrade(absent: bool): bool {
  return readBoolean('upgrade', absent);
}
export function readForce(absent: bool): bool {
  return readFlag('force', absent);
}
export function writeTextOff(): void {
  writeText('off');
}
