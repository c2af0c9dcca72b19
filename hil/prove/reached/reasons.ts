// Why a block of the bootloader is not reached by the proof. Every such block must match one of these, in this order. A reason says what would be
// needed to reach the block, so that a reader can judge whether that deserves a case of its own.

import { noText as none, type Reason, reasonAmong } from '../../rig/coverage-reasons.ts';
import type { TextBlock } from './blocks.ts';

export const reasons: readonly Reason[] = [
  { assertion: true, reason: 'the failing arm of an assertion: no input, cut or flip of the proof makes it fail' },
  {
    file: /^~lib\/util\/memory/,
    reason:
      'the library’s comparison and copy, inlined: heads and tails for lengths and alignments that this caller does not have',
  },
  {
    functions:
      /img-slots\/|img-state\/|img\/answerImages|img-list\/|boot-state\/(announce|startChange|stateBusy)|security-counter\/(counterBusy|burnNextTick)/,
    reason:
      'needs a running image, its trial or its confirm: the same code serves the firmware, and in safe mode no image runs',
  },
  {
    functions: /img-upload\//,
    text: /activeSlot|onTrial|imageVersion|no slot|downgrade|SLOT_CONFIRMED/,
    reason:
      'compares an upload with the running image: the same code serves the firmware, and in safe mode no image runs',
  },
  {
    functions: /boot\/answerBoot/,
    text: /HANDOVER|record|MAILBOX/,
    reason: 'tells of the running image, of which there is none in safe mode',
  },
  {
    functions: /boot-state\/isConfirmedTwice/,
    reason:
      'a confirm that is asked again: the same code serves the firmware, and in safe mode no image runs (hil/test/boot/rotten-bit.test.ts)',
  },
  {
    functions:
      /stat\/addCounter|slip\/slipReceiver|console\/(takeCharacter|consoleReceiver)|boot\/answerLog|boot-log\/(answerBootLog|readLog)/,
    reason:
      'a receiver that is dropped in the middle of a frame, a log record of a fault or of an older bootloader: hil/test/hostile/lines.test.ts and hil/test/boot do that',
  },
  {
    functions: /act\/draftEntry/,
    text: /nameReadsAgain/,
    reason:
      'the hash of a refused image that does not read the same twice: unstable bits in a TLV, which only power cuts leave',
  },
  {
    functions: /generated\/reasons\/nameOfReason/,
    reason:
      'tells a client why the image that it marks is refused: the slices mark only images that verify (bootloader/image/smp/img-state.test.ts)',
  },
  { functions: /smp\/os\//, text: /tasks|place != 0/, reason: 'statistics of tasks: the bootloader has none' },
  {
    functions: /flash-job|state\/journal|img-store|boot-log\/blankFrom|main\/reset/,
    reason:
      'flash that does not take what is written to it, or another job on it at the same moment: cells of the model do not wear out (protocol/guest/flash-job.test.ts and hil/test/boot/journal.test.ts damage them)',
  },
  {
    functions: /uart|line-gateway|line-console|frames\/|main\/interrupt|serveSafeMode|server\/serveRequest/,
    reason:
      'lines faster than the core takes them, both at once, or fuses burnt over SMP: hil/test/hostile/floods.test.ts and lines.test.ts do that',
  },
  {
    functions: /fuse-|security-counter|counter-again/,
    reason: 'fuses used up, or a burn that ends while nobody waits for it: a device after hundreds of releases',
  },
  {
    functions: /crypto\//,
    reason:
      'a carry, a borrow or a length that these messages and keys do not lead to: bootloader/crypto tests them by Wycheproof, RFC 8032 and a big-integer model',
  },
  {
    functions:
      /cbor-|server\/(writeError|finishReply)|dma\/|enumeration|img-upload|img-store|os-info|smp\/os|boot\/answerBoot|utf8/,
    reason: 'an odd request that the slice of the fuzzer did not come to; the full proof and hil/test/hostile do',
  },
  {
    functions: /decide\/|verify\/|info\//,
    text: /recovery|RECOVERY|counterFits/i,
    reason:
      'an image of a recovery key, or a counter beyond what the fuses hold: bootloader/decide.test.ts and image/verify.test.ts',
  },
  {
    functions:
      /act\/|last-run\/|decide\/|second-|permit\/|claims-again|image\/|boot-state\/|revoke|settle|survey|safe-mode|boot-log|same-bytes/,
    text: none,
    reason: 'the way out of a loop or a choice that is always left by another one',
  },
  {
    functions: /claims-again\//,
    text: /tick == 0/,
    reason: 'an empty cell in front of a burnt one, which only damage leaves',
  },
  {
    functions: /act\//,
    text: /slotEarned|RECORD_FLAG_EARNED/,
    reason:
      'a guard behind the decision, which never makes an image confirmed that was not confirmed before (hil/test/boot/decide.test.ts)',
  },
  {
    functions: /survey\//,
    text: /token/,
    reason: 'an image newer than what its token may displace, or older: hil/test/boot/token.test.ts has both',
  },
  {
    functions: /record-again\//,
    reason:
      'a record of code that did not know the extension (hil/test/boot/kept.test.ts), or one that does not read the same each time (journal.test.ts tears them so)',
  },
  {
    functions: /token|claims-again|permit\/|decide\//i,
    reason:
      'a token for a single device, or one that is good although the counter is history: hil/test/boot/token.test.ts',
  },
];

export const reasonFor = (block: TextBlock): string | undefined => reasonAmong(reasons, block)?.reason;
