// Where the files of a log are read from: a folder, or a web server. Both are the same files under the same paths.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../links/device-file/error.ts';
import { entryBytesMost } from './entries.ts';
import { AuditError } from './error.ts';

export interface LogSource {
  /** For messages. */
  name: string;
  /** Undefined: there is no such file. Throws an AuditError. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** No file of a log is longer: 256 entries and their lengths. */
const fileBytesMost = 256 * (entryBytesMost + 2);
const answerWithinMs = 30_000;

/** A folder, or an address that begins with http. */
export function openSource(place: string): LogSource {
  return /^https?:\/\//.test(place) ? webSource(place.replace(/\/+$/, '')) : folderSource(place);
}

function folderSource(folder: string): LogSource {
  return {
    name: folder,
    async read(path) {
      try {
        const file = join(folder, path);
        if (statSync(file).size > fileBytesMost) throw tooLong(file);
        return readFileSync(file);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        if (error instanceof AuditError) throw error;
        throw new AuditError('AUDIT_DISK', `${join(folder, path)} cannot be read: ${reasonOf(error)}`, error);
      }
    },
  };
}

function webSource(address: string): LogSource {
  return {
    name: address,
    async read(path) {
      const place = `${address}/${path}`;
      try {
        const answer = await fetch(place, { signal: AbortSignal.timeout(answerWithinMs) });
        if (answer.status === 404 || answer.status === 410) {
          await answer.body?.cancel();
          return undefined;
        }
        if (answer.ok) return await boundedBody(answer, place);
        await answer.body?.cancel();
        throw new AuditError('AUDIT_DISK', `${place} answers with ${answer.status}; is this the address of a log?`);
      } catch (error) {
        if (error instanceof AuditError) throw error;
        const { cause, message } = error as Error;
        throw new AuditError('AUDIT_DISK', `${place} cannot be read: ${cause ? reasonOf(cause) : message}`, error);
      }
    },
  };
}

async function boundedBody(answer: Response, place: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const reader = answer.body?.getReader();
  let length = 0;
  for (;;) {
    const part = (await reader?.read())?.value;
    if (part === undefined) return Buffer.concat(parts);
    length += part.length;
    if (length > fileBytesMost) {
      await reader?.cancel();
      throw tooLong(place);
    }
    parts.push(part);
  }
}

const tooLong = (place: string) =>
  new AuditError('AUDIT_FORM', `${place} has more than ${fileBytesMost} bytes, which no file of a log has`);
