// The only error that this folder throws. It says what happened, where, and what to do; code can compare its name.
// An error of the device has the group and code of the device; other errors were found on this side.

import { type ConstantTable, docOf, nameOf } from '../../../protocol/constants.ts';
import { ACCESS_REASON, accessErrors } from '../../../protocol/smp/access.ts';
import { bootErrors } from '../../../protocol/smp/boot.ts';
import { multiplexerErrors } from '../../../protocol/smp/multiplexer.ts';
import { readoutErrors } from '../../../protocol/smp/readout.ts';
import { sequencerErrors } from '../../../protocol/smp/sequencer.ts';
import {
  cryoErrors,
  enumErrors,
  imgErrors,
  osErrors,
  SmpGroup,
  smpErrors,
  smpGroups,
  statErrors,
} from '../../../protocol/smp/smp.ts';
import { telemetryErrors } from '../../../protocol/smp/telemetry.ts';

export type SmpErrorKind = 'device' | 'timeout' | 'malformed' | 'link' | 'target' | 'argument';

export class SmpError extends Error {
  readonly kind: SmpErrorKind;
  /** The group of the code; undefined for an SMP-level code (`rc`) and for errors of this side. */
  readonly group: number | undefined;
  /** The device's code; 0 for errors of this side. */
  readonly code: number;
  /** The reason in the words of the device, when it gives one. */
  readonly reason: string | undefined;

  constructor(
    kind: SmpErrorKind,
    message: string,
    device?: { group: number | undefined; code: number; name: string; reason?: string },
  ) {
    super(message);
    this.kind = kind;
    this.group = device?.group;
    this.code = device?.code ?? 0;
    this.reason = device?.reason;
    this.name = device?.name ?? kind.toUpperCase();
  }
}

const groupTables: Record<number, ConstantTable> = {
  [SmpGroup.OS]: osErrors,
  [SmpGroup.IMG]: imgErrors,
  [SmpGroup.STAT]: statErrors,
  [SmpGroup.ENUM]: enumErrors,
  [SmpGroup.SEQUENCER]: sequencerErrors,
  [SmpGroup.CRYO]: cryoErrors,
  [SmpGroup.MULTIPLEXER]: multiplexerErrors,
  [SmpGroup.READOUT]: readoutErrors,
  [SmpGroup.TELEMETRY]: telemetryErrors,
  [SmpGroup.BOOT]: bootErrors,
  [SmpGroup.ACCESS]: accessErrors,
};

const remedies: Record<string, string> = {
  ENOTSUP: 'the device does not know this command; ask it what it knows with the ENUM group',
  EBUSY: 'try again in a moment',
  EACCESSDENIED: 'unlock the device first',
  ECORRUPT: 'the message was damaged on the way; try again',
  EMSGSIZE: 'ask for less at once',
  ENOMEM: 'send smaller messages: see the MCUmgr parameters',
  UNSUPPORTED_TOO_NEW: 'speak SMP version 1 to this device',
  HASH_NOT_FOUND: 'list the images: the hash is the one in the image, not that of the file',
  NO_FREE_SLOT:
    'the slot runs, is the only one with a good image, or is kept to go back to from a trial: confirm the trial or reset to end it, or choose the other slot',
  INVALID_IMAGE_HEADER_MAGIC: "this file is no MCUboot image; sign it with 'coldrig image sign'",
  INVALID_IMAGE_HEADER: "this file is no MCUboot image; sign it with 'coldrig image sign'",
  INVALID_IMAGE_TOO_LARGE: 'make the image fit the slot: slot info says how large it is',
  CURRENT_VERSION_IS_NEWER: "sign the image with a higher version, or bring a downgrade token ('coldrig image token')",
  IMAGE_ALREADY_PENDING: 'confirm the running image, or reset to go back, then try again',
  IMAGE_CONFIRMATION_DENIED: 'wait until the device reports itself healthy; only the running image can be confirmed',
  INVALID_IMAGE_DATA_OVERRUN:
    'the upload under way there is of another, shorter file: end the client that makes it, then upload again',
  CRC: 'the bytes were damaged on the way; upload them again',
  CONDITION_HOLDS: "end its cause first; 'coldrig plant' shows what the device measures",
  NOT_LOADED: 'upload a sequence first',
  BINS: 'give the acquisitions fewer bins, or load a smaller sequence into another sequencer',
  IMAGE_SETTING_TEST_TO_ACTIVE_DENIED: 'this image runs already: confirm it, or upload another',
};

/** For a client on the console, where it may only read. */
const askTheGateway =
  "use the address of the device's gateway ('--target udp://HOST:PORT'); it can also unlock the device for this line ('coldrig device unlock')";

/** An answer that is an error: `{rc}` of SMP itself (group undefined) or `{err: {group, rc}}` of a group. */
export function deviceError(what: string, group: number | undefined, code: number, reason?: string): SmpError {
  const table = group === undefined ? smpErrors : groupTables[group];
  const name = (table && nameOf(table, code)) ?? `ERROR_${code}`;
  const owner = group === undefined ? 'SMP' : (nameOf(smpGroups, group) ?? `group ${group}`);
  const meaning = (table && docOf(table, code)) ?? 'an error this client has no words for';
  const said = reason === undefined ? '' : `, reason '${reason}'`;
  const words = reason === ACCESS_REASON ? askTheGateway : remedies[name];
  const remedy = words === undefined ? '' : `; ${words}`;
  return new SmpError(
    'device',
    `${what}: the device refuses: ${meaning} (${owner} ${name}, code ${code}${said})${remedy}`,
    {
      group,
      code,
      name,
      reason,
    },
  );
}
