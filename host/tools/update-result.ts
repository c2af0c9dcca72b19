// The result of an update: the verdict, and what the device reports about its reasons.

import type { LastFault, LoggedBoot } from './smp/boot-group.ts';
import type { ImageState, SmpError, UploadResult } from './smp/index.ts';

export type UpdateStep = 'upload' | 'mark' | 'reset' | 'watch' | 'confirm' | 'back';

export type Verdict =
  /** It is in the other slot and does not run; `waiting` says what the next reset does with it. */
  | 'uploaded'
  /** It runs, and is rolled back unless it is confirmed. */
  | 'on-trial'
  | 'confirmed'
  /** The device refused the upload or the mark. */
  | 'refused'
  /** It ran on trial, and the device runs another image again. */
  | 'rolled-back'
  /** It runs, but was reset again and again while it was watched. */
  | 'failing'
  /** The device has not answered since it was reset, or the connection broke; `silence` says which. */
  | 'silent';

/** What the next reset does with an image that does not run: nothing, a trial, or a trial that confirms itself once it is healthy. */
export type Waiting = 'unmarked' | 'trial' | 'permanent';

export interface UpdateResult {
  verdict: Verdict;
  version: string;
  hash: Uint8Array;
  upload: UploadResult | undefined;
  /** The image that runs now; undefined in safe mode or when nothing was asked. */
  running: ImageState | undefined;
  waiting: Waiting;
  /** On trial, it confirms itself once it has been healthy for a while. */
  confirmsItself: boolean;
  /** Slot of the image, where the device lists it. */
  slot: number | undefined;
  /** Why it was refused or not confirmed: the error of the device, and the step. */
  refusal: SmpError | undefined;
  refusedAt: UpdateStep | undefined;
  /** With `silent`: the error of the last request. */
  silence: SmpError | undefined;
  /** Boots since the update began, oldest first; undefined where the device keeps no boot log. */
  boots: LoggedBoot[] | undefined;
  /** Resets that no client requested while the image was watched: from the boot log, else as often as the device was silent. */
  resets: number;
  /** The reason that the device stores for its refusal of the image (REASON_*); 0 for none. */
  reason: number;
  /** The last fault of a device that has counted any. */
  fault: LastFault | undefined;
  /** Statistics `boot` of the device after the trial, where it has them. */
  boot: Record<string, number> | undefined;
  /** Health word when it was not confirmed, or as it runs now, where the device has one. */
  health: number | undefined;
}

export function nothingYet(version: string, hash: Uint8Array): UpdateResult {
  return {
    ...{ verdict: 'uploaded', version, hash, upload: undefined, running: undefined, waiting: 'unmarked' },
    ...{ confirmsItself: false, slot: undefined, refusal: undefined, refusedAt: undefined, boots: undefined },
    silence: undefined,
    ...{ resets: 0, reason: 0, fault: undefined, boot: undefined, health: undefined },
  };
}
