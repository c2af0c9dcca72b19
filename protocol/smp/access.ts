// SMP group 71: whether the controller is locked to its gateway, and over which line. It is ours; other clients list it by ENUM and pass it by.
//
//   LOCK     read   {}               {locked: bool, line, left}     line: the one that this request came over, LINE_*; left: how many times it can still be locked
//            write  {locked: bool}   likewise, as it is then        over the gateway's line only, locked or not
//
// A controller that is locked executes over its console what changes nothing: reads, but no attestation, which is what a device gets its credentials
// for, and the echo. Every other request is refused with EACCESSDENIED and ACCESS_REASON, and does not reach its group. A group or a command that is
// new is refused, too, if it writes: nobody has to remember that.
//
// The lock is one word of fuses. It has more ones that lock than ones that unlock, or it is not locked:
//
//   bit 0 .. 15     ones that lock, from the lowest on       half-burnt: they count
//   bit 16 .. 31    ones that unlock, from the lowest on     half-burnt: they do not count
//
// So a cut leaves a controller locked or not, and in doubt locked: to repeat the request completes it. It can be locked 16 times.
//
// The bootloader does not know the lock: safe mode answers on both lines, and takes nothing but what is signed, above the security counter and for this board.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const accessCommands = constantTable('ACCCMD', 'Commands of the ACCESS group.', {
  ...withCount({ LOCK: [0, 'Whether it is locked to its gateway; write: lock it, or unlock it'] }),
});

export const accessLimits = constantTable('ACCESS', 'Limits of the ACCESS group.', {
  LOCKS: [16, 'How many times a controller can be locked'],
  TOLD_EVERY_MS: [10_000, 'Refused requests are told one by one in no less time; the others are counted'],
});

export const accessErrors = constantTable('ACC_ERR', 'Error codes of the ACCESS group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_FUSE: [2, 'It was unlocked as often as its fuses allow, so it cannot be locked again'],
  NOT_BURNT: [3, 'The fuse does not read as burnt; send the request again'],
});

/** What a device says beside EACCESSDENIED to a client on a line that may not. The firmware has the same words. */
export const ACCESS_REASON = 'only the line of the gateway may do this';

export const AccessCommand = valuesOf(accessCommands);
export const AccessError = valuesOf(accessErrors);
