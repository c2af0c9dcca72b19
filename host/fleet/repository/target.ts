// A release as a target of TUF: what TUF does not know of it is in `custom`.

import { TargetFile } from '@tufjs/models';
import type { Release } from '../rollout/events.ts';
import { RepositoryError } from './keys.ts';

export function targetOf({ file, bytes, sha256, ...custom }: Release): TargetFile {
  return new TargetFile({
    path: file,
    length: bytes,
    hashes: { sha256 },
    unrecognizedFields: { custom: { ...custom } },
  });
}

/** The release that a target describes. Throws where its `custom` does not say enough. */
export function releaseOfTarget({ path, length, hashes, custom }: TargetFile): Release {
  const text = (name: string, pattern: RegExp): string => {
    const value = custom[name];
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new RepositoryError(`targets.json: ${path}: custom.${name} is missing or not as expected`);
  };
  const count = (name: string): number | undefined => {
    const value = custom[name];
    if (value === undefined || (Number.isInteger(value) && (value as number) >= 0)) return value as number | undefined;
    throw new RepositoryError(`targets.json: ${path}: custom.${name} is no whole number`);
  };
  const counter = count('securityCounter');
  const board = count('board');
  if (counter === undefined) throw new RepositoryError(`targets.json: ${path}: custom.securityCounter is missing`);
  const version = /^\d+(\.\d+){0,2}(\+\d+)?$/;
  return {
    ...{ hash: text('hash', /^[0-9a-f]{64}$/), name: text('name', /^.{1,256}$/), version: text('version', version) },
    ...{ file: path, bytes: length, sha256: `${hashes.sha256}`, securityCounter: counter },
    ...(board !== undefined && { board }),
    ...(custom.token !== undefined && { token: text('token', /^[A-Za-z0-9+/]{16,1024}={0,2}$/) }),
    ...(custom.minimumBootloader !== undefined && { minimumBootloader: text('minimumBootloader', version) }),
  };
}
