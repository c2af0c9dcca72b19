// The boot log as SMP tells it: so many boots a reply, oldest first. protocol/smp/boot.ts has the fields.

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
import {
  LOG_CAUSE,
  LOG_COUNTER,
  LOG_DECISION,
  LOG_FAULT_ADDRESS,
  LOG_FAULT_CAUSE,
  LOG_MEASUREMENT,
  LOG_NO_SLOT,
  LOG_NUMBER,
  LOG_REASONS,
  LOG_RESETS,
  LOG_SIZE,
  LOG_SLOT,
  LOG_STATE,
  LOG_VERSION,
} from '../../../protocol/guest/generated/constants';
import { LOG_PLACES, newestPlace, readLog } from '../state/boot-log';

/** A boot takes up to 170 bytes of a reply of 2 KiB. */
const BOOTS_MAX: u64 = 10;
const HASH_SIZE: u32 = 32;

const record: usize = memory.data(<i32>LOG_SIZE, 8);

/** From boot `from` on, or the last `count`; what is left out does not limit. */
export function answerBootLog(from: u64, count: u64): void {
  const most = min<u64>(count, BOOTS_MAX);
  const newest = newestPlace();
  let told: u64 = 0;
  let more: bool = false;
  writeText('boots');
  writeArrayStart();
  if (newest != LOG_PLACES && readLog(newest, record)) {
    const last: u64 = load<u32>(record, LOG_NUMBER);
    const first = from == u64.MAX_VALUE ? (last >= most ? last - most + 1 : 0) : from;
    // Places are in the order of boots, from the one behind the newest all the way round to it.
    for (let turn: u32 = 1; turn <= LOG_PLACES && told < most; turn++) {
      if (!readLog((newest + turn) % LOG_PLACES, record) || load<u32>(record, LOG_NUMBER) < first) continue;
      writeBoot();
      told++;
      more = load<u32>(record, LOG_NUMBER) != last;
    }
  }
  writeEnd();
  writeBooleanField('more', more);
}

function writeBoot(): void {
  const slot: u32 = load<u8>(record, LOG_SLOT);
  writeMapStart();
  writeUnsignedField('n', load<u32>(record, LOG_NUMBER));
  writeUnsignedField('cause', load<u8>(record, LOG_CAUSE));
  writeUnsignedField('decision', load<u8>(record, LOG_DECISION));
  writeText('reasons');
  writeArrayStart();
  writeUnsigned(load<u8>(record, LOG_REASONS));
  writeUnsigned(load<u8>(record, LOG_REASONS + 1));
  writeEnd();
  writeUnsignedField('resets', load<u8>(record, LOG_RESETS));
  writeUnsignedField('counter', load<u32>(record, LOG_COUNTER));
  if (slot != LOG_NO_SLOT) {
    writeUnsignedField('slot', slot);
    writeUnsignedField('state', load<u8>(record, LOG_STATE));
    writeUnsignedField('version', load<u32>(record, LOG_VERSION));
    writeText('hash');
    writeBytes(record + LOG_MEASUREMENT, HASH_SIZE);
  }
  if (<u32>load<u8>(record, LOG_FAULT_CAUSE) != 0) {
    writeUnsignedField('fault', load<u8>(record, LOG_FAULT_CAUSE));
    writeUnsignedField('address', load<u32>(record, LOG_FAULT_ADDRESS));
  }
  writeEnd();
}
