// The eight bytes in front of every SMP message, big endian.
//
//   byte 0         1       2..3             4..5    6          7
//   rrr vv ooo     flags   payload length   group   sequence   command
//
// r: reserved, v: version (0 is "v1", 1 is "v2"), o: operation. Replies carry flags and reserved bits as zero, whatever the request had. The guest's
// memory is little endian, so the two-byte fields are swapped. Nothing here may rely on alignment: a message begins where the line left it.

import { SMP_HEADER_SIZE } from './generated/constants';
import { isInRam } from './ram';

@unmanaged
class SmpHeader {
  versionAndOperation: u8 = 0;
  flags: u8 = 0;
  /** Bytes swapped, as `group` is. */
  payloadLength: u16 = 0;
  group: u16 = 0;
  sequence: u8 = 0;
  command: u8 = 0;
}

function headerAt(header: usize): SmpHeader {
  assert(isInRam(header, SMP_HEADER_SIZE), 'a header is in memory');
  assert(offsetof<SmpHeader>() == SMP_HEADER_SIZE, 'a header has no gaps');
  return changetype<SmpHeader>(header);
}

export function smpOperation(header: usize): u32 {
  return headerAt(header).versionAndOperation & 7;
}

export function smpVersion(header: usize): u32 {
  return (headerAt(header).versionAndOperation >> 3) & 3;
}

export function smpPayloadLength(header: usize): u32 {
  return bswap<u16>(headerAt(header).payloadLength);
}

export function smpGroup(header: usize): u32 {
  return bswap<u16>(headerAt(header).group);
}

export function smpSequence(header: usize): u32 {
  return headerAt(header).sequence;
}

export function smpCommand(header: usize): u32 {
  return headerAt(header).command;
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
  assert(group <= 0xffff && payloadLength <= 0xffff, 'group and length have 16 bits');
  assert(sequence <= 0xff && command <= 0xff, 'sequence and command are bytes');
  const target = headerAt(header);
  target.versionAndOperation = <u8>((version << 3) | operation);
  target.flags = 0;
  target.payloadLength = bswap<u16>(<u16>payloadLength);
  target.group = bswap<u16>(<u16>group);
  target.sequence = <u8>sequence;
  target.command = <u8>command;
  assert(smpPayloadLength(header) == payloadLength && smpGroup(header) == group, 'a header reads as it was written');
}
