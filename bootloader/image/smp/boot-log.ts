// The boot log as a reply of SMP: at most BOOTS_MAX boots, the oldest first. protocol/smp/boot.ts has the fields.

import {
  writeArrayStart,
  writeBooleanField,
  writeBytes,
  writeEnd,
  writeMapStart,
  writeText,
  writeUnsigned,
  writeUnsignedField,
} from '../../../protocol/guest/cbor-writer';
import { LOG_NO_SLOT, LOG_SIZE, SMP_BUFFER_SIZE } from '../../../protocol/guest/generated/constants';
import { LOG_PLACES, logAt, measurementIn, newestPlace, readLog } from '../state/boot-log';

/** Bytes that a boot takes in a reply, at most. */
const BOOT_SIZE_MAX: u64 = 170;
const BOOTS_MAX: u64 = 10;
const HASH_SIZE: u32 = 32;

const record: usize = memory.data(<i32>LOG_SIZE, 8);

/** The boots from number `from` on, or the last `count` of them. u64.MAX_VALUE is a field that the request left out. */
export function answerBootLog(from: u64, count: u64): void {
  const most = min<u64>(count, BOOTS_MAX);
  assert(BOOTS_MAX * BOOT_SIZE_MAX < SMP_BUFFER_SIZE, 'the longest reply fits its buffer');
  const newest = newestPlace();
  let told: u64 = 0;
  let more: bool = false;
  writeText('boots');
  writeArrayStart();
  if (newest != LOG_PLACES && readLog(newest, record)) {
    const last: u64 = logAt(record).number;
    const first = from == u64.MAX_VALUE ? (last >= most ? last - most + 1 : 0) : from;
    // Places are in the order of boots, from the one behind the newest all the way round to it.
    for (let turn: u32 = 1; turn <= LOG_PLACES && told < most; turn++) {
      if (!readLog((newest + turn) % LOG_PLACES, record) || logAt(record).number < first) continue;
      writeBoot();
      told++;
      more = logAt(record).number != last;
    }
  }
  assert(told <= most, 'no more boots than were requested');
  writeEnd();
  writeBooleanField('more', more);
}

function writeBoot(): void {
  const boot = logAt(record);
  const slot: u32 = boot.slot;
  writeMapStart();
  writeUnsignedField('n', boot.number);
  writeUnsignedField('cause', boot.cause);
  writeUnsignedField('decision', boot.decision);
  writeText('reasons');
  writeArrayStart();
  writeUnsigned(boot.reasonOfA);
  writeUnsigned(boot.reasonOfB);
  writeEnd();
  writeUnsignedField('resets', boot.resets);
  writeUnsignedField('counter', boot.counter);
  if (slot != LOG_NO_SLOT) {
    writeUnsignedField('slot', slot);
    writeUnsignedField('state', boot.state);
    writeUnsignedField('version', boot.version);
    writeUnsignedField('build', boot.build);
    writeText('hash');
    writeBytes(measurementIn(boot), HASH_SIZE);
  }
  if (<u32>boot.faultCause != 0) {
    writeUnsignedField('fault', boot.faultCause);
    writeUnsignedField('address', boot.faultAddress);
  }
  writeEnd();
}
