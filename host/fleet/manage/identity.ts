// Who asks over the side for people: by the operator's token of a server on one machine, or by a file of people (access/people.ts).
//
// What must stay true: who is not known is a stranger, and hears nothing but that; a change of the file counts from the next request on.

import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { readTextFile } from '../../links/text-file.ts';
import { AccessError } from '../access/error.ts';
import { type People, personOf, readPeople } from '../access/people.ts';
import { tokenHash } from '../ddi/server.ts';
import type { Who } from '../doors.ts';
import type { Asked } from '../http.ts';

export interface Identities {
  /** A text: why it is nobody, for the record alone. */
  of(asked: Asked): Who | string;
}

const bearerOf = ({ headers }: Asked) => /^Bearer (\S{16,256})$/.exec(headers.authorization ?? '')?.[1];

/** Whoever has the token may do everything. */
export class OperatorToken implements Identities {
  private readonly hash: string;

  constructor(token: string) {
    this.hash = tokenHash(token);
  }

  of(asked: Asked): Who | string {
    const token = bearerOf(asked);
    if (token === undefined) return 'it shows no token';
    if (!timingSafeEqual(Buffer.from(tokenHash(token)), Buffer.from(this.hash))) return 'its token is another';
    // Who it is, when several people have the token, is what they say; it is for the record.
    return {
      kind: 'person',
      name: /^[\w.@ -]{1,64}$/.exec(asked.headers['x-coldrig-person'] ?? '')?.[0] ?? 'operator',
    };
  }
}

export class PeopleFile implements Identities {
  private readonly path: string;
  private readonly nowMs: () => number;
  private readonly onTrouble: (reason: string) => void;
  private people: People = {};
  private readAs = '';

  /** Throws an AccessError where the file cannot be read at the start; later it lets nobody in, and `onTrouble` is told once. */
  constructor(path: string, nowMs: () => number, onTrouble: (reason: string) => void) {
    [this.path, this.nowMs, this.onTrouble] = [path, nowMs, onTrouble];
    const trouble = this.read();
    if (trouble !== undefined) throw new AccessError(trouble);
  }

  of(asked: Asked): Who | string {
    const people = this.current();
    const found = personOf(people, { token: bearerOf(asked), certificate: asked.certificate }, this.nowMs());
    return 'name' in found ? { kind: 'person', name: found.name } : found.refusal;
  }

  rolesOf(person: string): readonly string[] {
    return this.current()[person]?.roles ?? [];
  }

  private current(): People {
    const trouble = this.read();
    if (trouble !== undefined) this.onTrouble(`${trouble}; nobody is let in until it is right`);
    return this.people;
  }

  /** When it has changed; why it cannot be used. */
  private read(): string | undefined {
    const found = statSync(this.path, { throwIfNoEntry: false });
    const as = found === undefined ? 'missing' : `${found.mtimeMs} ${found.size} ${found.ino}`;
    if (as === this.readAs) return undefined;
    this.readAs = as;
    this.people = {};
    try {
      this.people = readPeople({ name: this.path, text: readTextFile(this.path) });
      return undefined;
    } catch (error) {
      if (error instanceof AccessError) return error.message;
      return `${this.path} cannot be read: ${(error as Error).message}`;
    }
  }
}
