// What an agent does with the answers of servers that are not ours: the server and the device are played.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostTime } from '../../telemetry/time.ts';
import { generateKey, signImage } from '../../tools/image/index.ts';
import { FakeServer } from '../../tools/smp/fake-server.ts';
import { SmpClient } from '../../tools/smp/index.ts';
import { answeringDevice, inProcessTransport } from '../../tools/smp/transport.ts';
import type { DdiClient } from '../ddi/client.ts';
import type { Deployment, DeviceBase } from '../ddi/wire.ts';
import { Agent } from './agent.ts';
import { AgentJournal, type JournalEntry } from './journal.ts';
import type { ReleaseMetadata } from './metadata.ts';

const signal = new AbortController().signal;
const offered = (more: Partial<Deployment> = {}, sha1 = 'a'.repeat(40)): Deployment => ({
  ...{ id: 7, chunks: [{ name: 'app', version: '1.1.0', artifacts: [{ ...artifact, sha1 }] }] },
  ...more,
});
const artifact = { filename: 'app.bin', bytes: 4, sha1: undefined, sha256: undefined, href: '/file' };
const ended: JournalEntry = {
  ...{ action: 7, hash: 'beef', file: 'a'.repeat(40) },
  ended: { success: false, detail: 'it went back' },
};

describe('an agent', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-agent-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** One turn, with a device that cannot be reached unless there is one; what the server heard, and how the turn ended. */
  async function turn(of: {
    entry?: JournalEntry;
    deployment?: Deployment;
    trusted?: object;
    deafTo?: string;
    image?: Uint8Array;
    open?: () => Promise<SmpClient>;
  }) {
    const heard: string[] = [];
    const links: DeviceBase['links'] = of.deployment ? { deploymentBase: '/deployment' } : {};
    const server = {
      poll: async () => ({ sleepSeconds: 10, links }),
      deployment: async () => of.deployment,
      download: async () => {
        heard.push('download of the file');
        return of.image ?? new Uint8Array(4);
      },
      report: async () => {},
      feedback: async (_of: string, id: number, { execution, finished }: { execution: string; finished: string }) => {
        if (execution === of.deafTo) throw new Error('the server is away');
        heard.push(`${id} ${execution} ${finished}`);
      },
    } as unknown as DdiClient;
    const journal = new AgentJournal(join(folder, 'journal.json'));
    if (of.entry !== undefined) journal.put(of.entry);
    const { open = () => Promise.reject(new Error('the device is away')) } = of;
    const metadata = of.trusted && ({ expected: async () => of.trusted } as unknown as ReleaseMetadata);
    const agent = new Agent({
      device: 'd',
      server,
      open,
      journal,
      time: hostTime,
      words: ({ verdict }) => verdict,
      metadata,
    });
    const end = await agent.turn(signal).catch(({ message }) => message);
    return { heard, end, entry: new AgentJournal(join(folder, 'journal.json')).of(7) };
  }

  test('tells an end that was never answered, also to a server that offers the action no more', async () => {
    const { heard, end, entry } = await turn({ entry: ended });
    expect(heard).toEqual(['7 closed failure']);
    expect(end).toBe('the device is away');
    expect(entry?.isTold).toBe(true);
  });

  test('tells an end once', async () => {
    expect((await turn({ entry: { ...ended, isTold: true } })).heard).toEqual([]);
  });

  test('tells a server that offers an action again how it ended, and does nothing else', async () => {
    const { heard, end } = await turn({ entry: { ...ended, isTold: true }, deployment: offered() });
    expect(heard).toEqual(['7 closed failure']);
    expect(end).toMatchObject({ isBusy: false, sleepSeconds: 10 });
  });

  test('takes an action with the number of an old one and another file for a new one', async () => {
    const { heard } = await turn({ entry: { ...ended, isTold: true }, deployment: offered({}, 'b'.repeat(40)) });
    expect(heard).toEqual(['7 download none', 'download of the file', '7 downloaded none']);
  });

  test('takes no file that its repository describes otherwise, whatever the server says of it', async () => {
    const trusted = { sha256: 'c'.repeat(64), bytes: 4 };
    const of = offered();
    of.chunks[0].artifacts[0] = { ...of.chunks[0].artifacts[0], sha256: 'd'.repeat(64) };
    const { heard, entry } = await turn({ deployment: of, trusted });
    expect(heard).toEqual(['7 closed failure']);
    expect(entry?.ended?.detail).toBe(`the server offers ${'d'.repeat(64)}, the metadata says ${'c'.repeat(64)}`);
  });

  test('has written how an update has ended before it tells the server, which may be away', async () => {
    const nothing = offered({ chunks: [{ name: 'app', version: '1.1.0', artifacts: [] }] });
    const { end, entry } = await turn({ deployment: nothing, deafTo: 'closed' });
    expect(end).toBe('the server is away');
    expect(entry).toMatchObject({ ended: { success: false, detail: 'the server offers 0 files, expected one image' } });
    expect(entry?.isTold).toBeUndefined();
  });

  test('takes back a device that falls silent again and again on trial', async () => {
    const { privateKeyPem } = generateKey(new Uint8Array(32).fill(1));
    const image = signImage({ payload: new Uint8Array(61), privateKeyPem, version: '1.1.0', securityCounter: 1 });
    const fake = new FakeServer();
    // A message that is not answered is sent again.
    let onTrial = 0;
    const device = answeringDevice((request) => {
      if (fake.standing === 'trial') onTrial++;
      return fake.standing === 'trial' && onTrial % 16 > 8 ? [] : fake.answer(request);
    });
    const open = async () => new SmpClient(inProcessTransport(device));
    const { heard, entry } = await turn({ deployment: offered(), image, open });
    expect(heard.at(-1)).toBe('7 closed failure');
    expect(entry?.ended).toEqual({ success: false, detail: 'failing' });
    expect(fake.standing).toBe('idle');
  });

  test('waits when the server wants nothing done yet', async () => {
    const { heard, end } = await turn({ deployment: offered({ isHeld: true }) });
    expect(heard).toEqual([]);
    expect(end).toMatchObject({ isBusy: false });
  });
});
