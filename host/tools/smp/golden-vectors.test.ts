// golden-vectors.json: requests and answers as they stood on the wire of real servers (Zephyr 4.4.0; MCUboot's recovery).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeBody, SmpClient } from './index.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { answeringDevice, inProcessTransport } from './transport.ts';

interface Vector {
  name: string;
  request: string;
  response: string;
}
const { vectors }: { vectors: Vector[] } = JSON.parse(
  readFileSync(new URL('golden-vectors.json', import.meta.url), 'utf8'),
);
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const vector = (name: string) => vectors.find((one) => one.name === name) as Vector;
const isWellFormed = (hex: string) => {
  try {
    return decodeBody(decodeMessage(fromHex(hex)).body) !== undefined;
  } catch {
    return false;
  }
};

/** A client whose device answers with these, whatever it is asked, and the requests it was asked. */
function replaying(version: 1 | 2, ...names: string[]) {
  const answers = names.map((name) => fromHex(vector(name).response));
  const requests: string[] = [];
  const device = answeringDevice((request) => {
    requests.push(toHex(request));
    const answer = answers.shift();
    if (answer === undefined) return [];
    answer[6] = request[6] as number; // sequence number: the recorded one was another client's choice
    return [answer];
  });
  return { client: new SmpClient(inProcessTransport(device), { version }), requests };
}

describe(`${vectors.length} messages of real servers`, () => {
  it('read: header, and a body in which nothing is unknown', () => {
    for (const { name, request, response } of vectors) {
      const { group, command, sequence } = decodeMessage(fromHex(request));
      const answer = decodeMessage(fromHex(response));
      expect(answer, name).toMatchObject({ group, command, sequence });
      expect(
        Object.keys(decodeBody(answer.body)).every((key) => /^[a-zA-Z_]+$/.test(key)),
        name,
      ).toBe(true);
    }
  });

  it('are written again as they stood, wherever they are well formed', () => {
    const wellFormed = vectors.filter(({ request }) => isWellFormed(request));
    expect(wellFormed.length).toBeGreaterThan(vectors.length - 5);
    for (const { name, request } of wellFormed) {
      const bytes = fromHex(request);
      const message = decodeMessage(bytes);
      const body = message.body.length === 0 ? message.body : decodeBody(message.body);
      bytes[1] = 0; // flags: servers ignore them, and we never set any
      expect(toHex(encodeMessage(message, body)), name).toBe(toHex(bytes));
    }
  });
});

describe('the client, given the answers of real servers', () => {
  it('asks in the very bytes others ask in', async () => {
    const { client, requests } = replaying(2, 'A.1 echo w v2', 'A.1 params', 'A.4 img state v2', 'A.6 reset');
    await client.echo('hello');
    await client.params();
    await client.imageState();
    await client.reset();
    const expected = ['A.1 echo w v2', 'A.1 params', 'A.4 img state v2', 'A.6 reset'].map(
      (name) => vector(name).request,
    );
    const withSequence = expected.map((hex, index) => `${hex.slice(0, 12)}0${index}${hex.slice(14)}`);
    expect(requests).toEqual(withSequence);
  });

  it('reads the parameters', async () => {
    const { client } = replaying(2, 'A.1 params');
    expect(await client.params()).toEqual({ bufferSize: 2048, bufferCount: 2 });
  });

  it('reads the images, of a full server and of a recovery that says less', async () => {
    const { client } = replaying(2, 'A.4 img state v2', 'A.5 [recovery] state');
    const [running] = await client.imageState();
    expect(running).toMatchObject({ slot: 0, version: '0.0.0', active: true, confirmed: true, pending: false });
    expect(running?.hash).toHaveLength(32);
    const recovered = await client.imageState();
    expect(recovered.map(({ slot, active, image }) => ({ slot, active, image }))).toEqual([
      { slot: 0, active: false, image: undefined },
      { slot: 1, active: false, image: undefined },
    ]);
  });

  it('reads slots, statistics, groups and application info', async () => {
    const names = ['A.4 slot info', 'A.1 stat list', 'A.3 stat read', 'A.1 enum list', 'A.1 enum single 6'];
    const { client } = replaying(2, ...names, 'A.1 enum details 0,2', 'A.1 enum count', 'A.1 info a');
    expect(await client.slotInfo()).toEqual([
      { image: 0, slot: 0, size: 0x80000, uploadImageId: undefined },
      { image: 0, slot: 1, size: 0x80000, uploadImageId: 0 },
    ]);
    expect(await client.statList()).toEqual(['flash_sim_stats', 'flash_sim_thresholds', 'smp_svr_stats']);
    expect(await client.statRead('smp_svr_stats')).toEqual({ ticks: 1 });
    expect(await client.enumList()).toEqual([10, 8, 0, 3, 9, 2, 63]);
    expect(await client.enumSingle(6)).toEqual({ group: 63, end: true });
    expect(await client.enumDetails([0, 2])).toEqual([
      { group: 0, name: 'os mgmt', handlers: 8 },
      { group: 2, name: 'stat mgmt', handlers: 2 },
    ]);
    expect(await client.enumCount()).toBe(7);
    expect(await client.appInfo('a')).toContain('native_sim');
  });

  it('takes {rc: 0} for success, as recovery says it', async () => {
    const { client } = replaying(2, 'A.5 [recovery] reset');
    await expect(client.reset()).resolves.toBeUndefined();
  });

  const refusals: [string, 1 | 2, string, (client: SmpClient) => Promise<unknown>, object][] = [
    [
      'a group code',
      2,
      'A.6 test active v2',
      (c) => c.imageTest(new Uint8Array(32)),
      { group: 1, code: 33, name: 'IMAGE_SETTING_TEST_TO_ACTIVE_DENIED' },
    ],
    [
      'its translation in version 1',
      1,
      'A.6 test active v1',
      (c) => c.imageTest(new Uint8Array(32)),
      { group: undefined, code: 1, name: 'EUNKNOWN' },
    ],
    ['a reason beside it', 1, 'A.4 upload bad magic v1', (c) => c.upload(new Uint8Array(8)), { code: 1 }],
    [
      'an unknown command',
      2,
      'A.4 bootinfo',
      (c) => c.bootloaderInfo(),
      { group: undefined, code: 8, name: 'ENOTSUP' },
    ],
    [
      'an unknown statistics group',
      2,
      'A.1 stat bad v2',
      (c) => c.statRead('nope'),
      { group: 2, code: 3, name: 'INVALID_STAT_NAME' },
    ],
    [
      'an index too large',
      2,
      'A.1 enum single 99',
      (c) => c.enumSingle(99),
      { group: 10, code: 4, name: 'INDEX_TOO_LARGE' },
    ],
    [
      'a slot in use',
      2,
      'A.8 erase slot1 while unconfirmed v2',
      (c) => c.erase(1),
      { group: 1, code: 9, name: 'NO_FREE_SLOT' },
    ],
  ];
  it.each(refusals)('makes an error of %s', async (_name, version, answer, ask, expected) => {
    const isUpload = answer.includes('upload'); // which asks for the parameters first
    const { client } = replaying(version, ...(isUpload ? ['A.4 params'] : []), answer);
    await expect(ask(client)).rejects.toMatchObject({ kind: 'device', ...expected });
  });

  it('and the error says what to do', async () => {
    const { client } = replaying(2, 'A.8 erase slot1 while unconfirmed v2');
    await expect(client.erase(1)).rejects.toThrow(
      'erase: the device refuses: No slot is free (IMG NO_FREE_SLOT, code 9); the slot runs, is the only one with a good image, ' +
        'or is kept to go back to from a trial: confirm the trial or reset to end it, or choose the other slot',
    );
  });
});
