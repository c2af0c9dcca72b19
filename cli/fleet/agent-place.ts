// The folder of an agent for one device: one process at a time, and a name by which the server knows it again.

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { writeDurably } from '../../host/links/whole-file.ts';
import { openLocked } from '../../host/tools/kernel-lock.ts';
import { agentPattern } from '../../protocol/fleet/ddi.ts';
import { Failure } from '../failure.ts';

export interface AgentPlace {
  folder: string;
  id: string;
  /** Where that is, for people: a header of HTTP has room for these characters. */
  place: string;
  /** Of this process. */
  run: string;
  release(): void;
}

/** The claim ends with the process, however that ends. */
export function claimPlace(folder: string): AgentPlace {
  mkdirSync(folder, { recursive: true });
  const lock = openLocked(join(folder, 'lock'), 0o644);
  if (lock === undefined) throw new Failure('AGENT', `another agent works in ${folder}; end that one`);
  const place = `${hostname()}:${resolve(folder)}`.replace(/[^\x21-\x7e]/g, '_').slice(-200);
  return { folder, id: idIn(folder), place, run: randomUUID(), release: () => closeSync(lock) };
}

function idIn(folder: string): string {
  const path = join(folder, 'id');
  if (!existsSync(path)) writeDurably(path, `${randomUUID()}\n`);
  const id = readFileSync(path, 'utf8').trim();
  if (agentPattern.test(`${id} -`)) return id;
  throw new Failure('AGENT', `${path} is no id of an agent; remove it when no update of its device is under way`);
}
