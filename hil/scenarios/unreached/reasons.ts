// Why the scenarios of this folder do not reach a block of the controller's firmware. Every such block must match one of these, in this order, and every
// one of these such a block. A reason says what would be needed to reach the block, so that a reader can judge whether that deserves a scenario.

import { noText, type Reason } from '../../rig/coverage-reasons.ts';

export const reasons: readonly Reason[] = [
  {
    file: /^~lib\/util\/memory/,
    reason:
      'the library’s comparison and copy, put into their callers: heads and tails for lengths and alignments that this caller does not have',
  },
  {
    text: noText,
    reason: 'the way out of a loop or a choice that is always left by another one',
  },
  {
    functions: /img-slots\/|failed-when-run\//,
    reason:
      'compares what two slots are worth in safe mode: the same code serves the bootloader, and here an image always runs',
  },
  {
    text: /HANDOVER_MAGIC|NO_SLOT|inSafeMode|read32\(RESET_MAILBOX|holdsGood|bootsNext|verifySlot\(found\)/,
    reason: 'asks whether an image runs at all: the same code serves safe mode, and here one always runs',
  },
  {
    functions: /img-state\/markOther/,
    text: /slotState|slotReason|earned|rival|RecordTail|return true/,
    reason: 'asks in safe mode what boots next: the same code serves the bootloader, and here an image always runs',
  },
  {
    functions: /boot-state\/announce|img-state\/confirmActive/,
    text: /SLOT_REJECTED|slotReason|entrySpeaks/,
    reason: 'of an image that is rejected or keeps a reason: the bootloader does that before any firmware runs',
  },
  {
    functions: /journal\/appendRecord|record-valid\/|journal\/fillInExtension|main\/reset|task\/startSmp/,
    text: /holdsRecord|readByWords|recordIsValid|place|stable|read|record|unknown|return|programAfter|RECORD_|latched/i,
    reason:
      'no record in flash, one of older code, or one that does not read the same each time: the bootloader has written a whole one before the firmware runs (hil/test/boot/journal.test.ts)',
  },
  {
    text: /^(assert\(|record\.overruns == 0)/,
    reason: 'the second half of an assertion, which is looked at only where the first does not decide',
  },
  {
    functions:
      /state\/|calibration\/(store|places)|img-store\/|img-upload\/|flash-job|readout\/storeWhole|main\/interrupt/,
    text: /phase|erase|erasing|failed|newest|read|startForget|takeFlashResult|candidate|other|attempts|busy|changing|SLOT_CONFIRMED|return 0|version|confirmedLast|erasedEnd|LOG_OLD|logAt|MAGIC|sameBytes|memory\.compare|CALIBRATION_|chunkLength/i,
    reason:
      'flash that does not take an erase, a record half written, two jobs at the same moment, a record of older code: hil/test/boot/journal.test.ts, any-record.test.ts and hil/test/readout/record.test.ts do that',
  },
  {
    functions: /self-confirm\//,
    reason: 'an image that rots in flash while it waits to confirm itself: hil/test/boot/confirms-itself.test.ts',
  },
  {
    functions: /security-counter\/|verify\/verifySlot/,
    reason:
      'fuses that are shaky or nearly used up: a device after hundreds of releases (bootloader/image/security-counter.test.ts)',
  },
  {
    functions: /token\/|tlvs\/take/,
    reason: 'a token or an area that was judged a moment before by another part: it cannot be other now',
  },
  {
    functions: /crypto\//,
    reason:
      'a carry, a borrow, a point or a length that these messages and keys do not lead to: bootloader/crypto tests them by Wycheproof, RFC 8032 and a big-integer model',
  },
  {
    functions:
      /scaled\/|run-task\/|drive\/(moments|fidelity|sine-fit)|fit\/|sine-fit|cbor-writer|info\/|report\/(readout|sequencers)|pulse\/group/,
    text: /shift|apart|SCALED|a == 0|isBelow|square|along|d2|value < 0|bits <= 0|size == 0|rest >= 10|place == 0|overflow|negative/i,
    reason:
      'a number that these measurements do not give: zero, below zero, far apart, longer than its place (unit tests beside the code)',
  },
  {
    functions: /uart|slip|gateway|console|frames\/|main\/interrupt|server\/|echoWaits/,
    reason:
      'lines faster than the core takes them, all buffers taken, an answer that has no room: flow control holds senders off (hil/test/hostile/floods.test.ts and lines.test.ts)',
  },
  {
    functions: /scheduler\/runOnce|run-task\/runTask/,
    text: /miss|\blate\b|overrun|overBudget|feedsWithheld|lost|UntilNs|budget/i,
    reason:
      'a task that is late, takes more than its budget, or a line that lost bytes: no fault of the surroundings makes this firmware late (hil/rig/guest, firmware/kernel)',
  },
  {
    functions: /run-task\/runTask|multiplexer/,
    text: /MUX|SWITCH_ERROR|EDGE|CELL/,
    reason:
      'a switch that connects the wrong cell, edges faster than they can be taken in, a table that never finds its moment: hil/test/multiplexer makes them past the chip',
  },
  {
    functions: /telemetry-ring\//,
    reason:
      'a reset between two writes of the ring, after a record was dropped: hil/test/telemetry/ring.test.ts resets before each of its writes',
  },
  {
    functions: /rails\/stepRails/,
    reason: 'a comparator that trips again while its rail waits to be switched on: firmware/drive/drive.test.ts',
  },
  {
    functions: /^firmware\//,
    text: /UNKNOWN|return false|RO_ERR|SETTING|SEQ_ERR|> .*(MAX|MOST|LENGTH|ITEM)|!= 0\)/,
    reason: 'a second check behind one that was made before: nothing that a client sends comes so far',
  },
  {
    functions: /sense\/|plant\/curvePoints/,
    reason:
      'a scanner that stands still, or a reading off its curve: the scanner of the bench does not stop (firmware/sense/sense.test.ts)',
  },
  {
    functions: /^firmware\//,
    text: /TRIPPED|switchOn|flows > told|told = heats|overSeconds|isCoreOver|state\(|given != value|CALIBRATION_SEQUENCE|sequencersReleased|clipped|microwatts|epochPlusOne|players|RESETS_IN_A_ROW|write32|SHED|setpoint/,
    reason: 'two things at the same moment, or a fault of the chip itself: the unit tests of the folder have it',
  },
  {
    functions: /smp\/|cbor|fields|os-info|status\//,
    reason:
      'an odd request, or an error that no command of this firmware gives: the same code serves every guest, and hil/test/hostile has it',
  },
];
