// The one error this folder throws. Its reason is the bootloader's own name for the same refusal where it has one; OPTION
// and KEY are for errors that a bootloader cannot have: a wrong argument, an unreadable key.

import type { rejectReasons } from '../../../protocol/image/reasons.ts';

export type RejectReasonName = keyof typeof rejectReasons.values;
export type ImageErrorReason = RejectReasonName | 'OPTION' | 'KEY';

export class ImageError extends Error {
  readonly reason: ImageErrorReason;
  /** Byte of the file it is about, where it is about one. */
  readonly offset: number | undefined;

  constructor(reason: ImageErrorReason, message: string, offset?: number) {
    super(message);
    this.name = 'ImageError';
    this.reason = reason;
    this.offset = offset;
  }
}

export const hexNumber = (value: number): string => `0x${value.toString(16)}`;
export const hexBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
