// The eight bytes in front of every SMP message, big endian.
//
//   byte 0         1       2..3             4..5    6          7
//   rrr vv ooo     flags   payload length   group   sequence   command
//
// r: reserved, v: version (0 is "v1", 1 is "v2"), o: operation. Replies carry flags and reserved bits as zero, whatever was asked.

import { loadBig16, storeBig16 } from './endian';

export function smpOperation(header: usize): u32 {
  return load<u8>(header) & 7;
}

export function smpVersion(header: usize): u32 {
  return (load<u8>(header) >> 3) & 3;
}

export function smpPayloadLength(header: usize): u32 {
  return loadBig16(header + 2);
}

export function smpGroup(header: usize): u32 {
  return loadBig16(header + 4);
}

export function smpSequence(header: usize): u32 {
  return load<u8>(header, 6);
}

export function smpCommand(header: usize): u32 {
  return load<u8>(header, 7);
}

export function writeSmpHeader(
  header: usize,
  version: u32,
  operation: u32,
  group: u32,
  sequence: u32,
  command: u32,
  payloadLength: u32,
): void {
  assert(version <= 3 && operation <= 7, 'version has two bits, operation three');
  assert(sequence <= 0xff && command <= 0xff, 'sequence and command are bytes');
  store<u8>(header, <u8>((version << 3) | operation));
  store<u8>(header, 0, 1);
  storeBig16(header + 2, payloadLength);
  storeBig16(header + 4, group);
  store<u8>(header, <u8>sequence, 6);
  store<u8>(header, <u8>command, 7);
}
