// Versions in MCUboot images: `1.2.3+4`, later parts optional. Accepts exactly the texts that imgtool accepts.
// What must stay true: the order ignores the build number, as the bootloader's does.

import { ImageError } from './error.ts';

export interface ImageVersion {
  major: number;
  minor: number;
  revision: number;
  build: number;
}

const pattern = /^(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\+(0|[1-9]\d*))?)?)?$/;
const limits: Record<keyof ImageVersion, number> = { major: 0xff, minor: 0xff, revision: 0xffff, build: 0xffff_ffff };

/** Reads `major[.minor[.revision[+build]]]`. Throws an `ImageError` that gives the form of a version. */
export function parseVersion(text: string): ImageVersion {
  const match = pattern.exec(text);
  if (!match) {
    throw new ImageError('OPTION', `version '${text}' is not of the form 1.2.3+4 (later parts may be left out)`);
  }
  const [major, minor, revision, build] = match.slice(1).map((part) => Number(part ?? 0)) as [number, ...number[]];
  return checkedVersion({ major, minor: minor ?? 0, revision: revision ?? 0, build: build ?? 0 });
}

/** Throws an `ImageError` where a part does not fit its field of the header. */
export function checkedVersion(version: ImageVersion): ImageVersion {
  for (const [part, limit] of Object.entries(limits) as [keyof ImageVersion, number][]) {
    const value = version[part];
    if (!Number.isInteger(value) || value < 0 || value > limit) {
      throw new ImageError('OPTION', `version part '${part}' is ${value}; the header has room for 0 to ${limit}`);
    }
  }
  return version;
}

/** `1.2.3`, with `+4` only where there is a build number. */
export function formatVersion(version: ImageVersion): string {
  const text = `${version.major}.${version.minor}.${version.revision}`;
  return version.build === 0 ? text : `${text}+${version.build}`;
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. The build number does not count. */
export function compareVersions(a: ImageVersion, b: ImageVersion): number {
  return a.major - b.major || a.minor - b.minor || a.revision - b.revision;
}

/** The security counter that imgtool derives from a version with the option `auto`. */
export function automaticSecurityCounter(version: ImageVersion): number {
  checkedVersion(version);
  return ((version.major << 24) | (version.minor << 16) | version.revision) >>> 0;
}
