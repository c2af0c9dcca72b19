// The boot record: a CBOR map about the image that runs, for a verifier outside. Its keys are those of MCUboot (scripts/imgtool/boot_record.py).
//
//   1 software type   4 version   5 signer: KEYHASH   6 "SHA256"   2 measurement: SHA-256 of the image, the last 32 bytes
//
// An image may bring its record with zeros for the measurement (TLV BOOT_RECORD, `imgtool sign --boot-record`), and they are replaced by what
// was measured, as MCUboot does it. For an image that brings none it is made here.

import {
  writeBytes,
  writeMapOf,
  writerFinish,
  writerStart,
  writeText,
  writeTextBytes,
  writeUnsigned,
} from '../protocol/guest/cbor-writer';
import { copyFromBus } from '../protocol/guest/dma';
import { HANDOVER_BOOT_RECORD_SIZE_MAX } from '../protocol/guest/generated/constants';
import { hasSeen, imageBuild, imageInfo, imageVerified, imageVersion, keyHashOf, SEEN_RECORD } from './image/info';
import { measurement } from './image/verify';
import { formatVersion, VERSION_TEXT_SIZE } from './image/version-text';

const HASH_SIZE: u32 = 32;
const KEY_SW_TYPE: u64 = 1;
const KEY_MEASUREMENT: u64 = 2;
const KEY_VERSION: u64 = 4;
const KEY_SIGNER: u64 = 5;
const KEY_MEASUREMENT_TYPE: u64 = 6;

const version: usize = memory.data(<i32>VERSION_TEXT_SIZE);

/** Writes the record of the verified image to `target`, which has HANDOVER_BOOT_RECORD_SIZE_MAX bytes. Returns its length. */
export function writeBootRecord(slot: u32, target: usize): u32 {
  const info = imageInfo(slot);
  assert(imageVerified(slot), 'only a verified image has a boot record');
  if (hasSeen(info, SEEN_RECORD)) {
    const size = info.recordSize;
    assert(size >= HASH_SIZE && size <= HANDOVER_BOOT_RECORD_SIZE_MAX, 'the TLV was checked');
    copyFromBus(target, info.record, size);
    memory.copy(target + size - HASH_SIZE, measurement(slot), HASH_SIZE);
    return size;
  }
  writerStart(target, HANDOVER_BOOT_RECORD_SIZE_MAX);
  writeMapOf(5);
  writeUnsigned(KEY_SW_TYPE);
  writeText('coldrig');
  writeUnsigned(KEY_VERSION);
  writeTextBytes(version, formatVersion(version, imageVersion(slot), imageBuild(slot)));
  writeUnsigned(KEY_SIGNER);
  writeBytes(keyHashOf(info), HASH_SIZE);
  writeUnsigned(KEY_MEASUREMENT_TYPE);
  writeText('SHA256');
  writeUnsigned(KEY_MEASUREMENT);
  writeBytes(measurement(slot), HASH_SIZE);
  const size = <u32>writerFinish();
  assert(size > HASH_SIZE && size <= HANDOVER_BOOT_RECORD_SIZE_MAX, 'the record fits');
  return size;
}
