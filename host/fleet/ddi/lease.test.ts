import { beforeEach, describe, expect, test } from 'vitest';
import { agentHeader, agentLease, agentRunHeader } from '../../../protocol/fleet/ddi.ts';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import type { AuditEvent } from '../audit/event.ts';
import { localAccess } from '../doors.ts';
import { Fleet } from '../fleet.ts';
import type { Asked } from '../http.ts';
import { Leases } from './lease.ts';
import { DdiServer, tokenHash } from './server.ts';
import { begunText, deploymentJson, readDeployment } from './wire.ts';

const token = 'a-token-that-is-long-enough';
const person = { kind: 'person', name: 'ada' } as const;
const idOf = (digit: number) => `${digit}${'0'.repeat(7)}-0000-4000-8000-${'0'.repeat(12)}`;

describe('a device with two agents', () => {
  let time: VirtualTime;
  let disk: FakeLogDisk;
  let fleet: Fleet;
  let ddi: DdiServer;
  let recorded: AuditEvent[];

  async function start(): Promise<void> {
    const audit = { record: async (event: AuditEvent) => recorded.push(event) };
    const options = { folder: '/fleet', time, access: localAccess, audit, disk };
    fleet = await time.until(Fleet.open(options));
    ddi = new DdiServer({ fleet, tenant: 'lab', pollSeconds: 60, fileOf: () => undefined });
  }
  beforeEach(async () => {
    [time, disk, recorded] = [new VirtualTime(), new FakeLogDisk(), []];
    await start();
    await time.until(fleet.ask(person, { do: 'add-device', device: 'rig-1', tokenHash: tokenHash(token) }));
  });

  /** What an agent is answered when it asks; undefined: one that does not say who it is. */
  async function asks(agent: number | undefined, run?: number): Promise<string> {
    const headers = {
      authorization: `TargetToken ${token}`,
      ...(agent !== undefined && { [agentHeader]: `${idOf(agent)} north:/agent-${agent}` }),
      ...(run !== undefined && { [agentRunHeader]: idOf(run) }),
    };
    const asked: Asked = {
      ...{ method: 'GET', path: '/lab/controller/v1/rig-1', query: new URLSearchParams(), headers },
      ...{ body: '', origin: 'http://fleet', source: '10.0.0.7' },
    };
    const answer = await time.until(ddi.answer(asked));
    return `${answer?.status}${answer?.status === 200 ? '' : ` ${JSON.parse(answer?.body ?? '').message}`}`;
  }
  const pass = (seconds: number) => time.pass(seconds * 1_000);
  const free = () => time.until(fleet.ask(person, { do: 'free-device', device: 'rig-1', reason: 'it has died' }));

  test('has the first; the second hears where that is, and what to do, and is on record', async () => {
    expect(await asks(1)).toBe('200');
    await pass(12);
    expect(await asks(2)).toBe(
      '423 device rig-1 has an agent already, north:/agent-1 (it was heard 12 s ago): end one of the two. Another may have the device when that one was silent for 600 s, or when a person says so: coldrig fleet device free rig-1',
    );
    expect(await asks(undefined)).toMatch(/^423 device rig-1 has an agent already, north:/);
    expect(await asks(1)).toBe('200');
    expect(recorded.filter(({ decision }) => decision === 'refused')).toMatchObject([
      {
        who: { kind: 'device', name: 'rig-1' },
        verb: 'take',
        reason: expect.stringMatching(/^north:\/agent-2: device/),
      },
    ]);
  });

  test('has the next when the first was silent for the whole of its time, and the first is refused then', async () => {
    await asks(1);
    await pass(agentLease.seconds - 1);
    expect(await asks(2)).toMatch(/^423/);
    await pass(1);
    expect(await asks(2)).toBe('200');
    expect(await asks(1)).toMatch(/^423 device rig-1 has an agent already, north:\/agent-2/);
  });

  test('has the same one after a restart of the server, whose silence counts from there', async () => {
    await asks(1);
    await pass(agentLease.seconds - 1);
    await time.until(fleet.close());
    await start();
    await pass(1);
    expect(await asks(2)).toMatch(/^423/);
    expect(await asks(1)).toBe('200');
  });

  test('that a person takes from the first has the second when the first has heard of it', async () => {
    await asks(1);
    await free();
    expect(await asks(2)).toBe('423 device rig-1 is being taken from north:/agent-1, which has 30 s to hear of it');
    expect(await asks(1)).toMatch(/^423 a person has taken device rig-1 from this agent.*again in 600 s$/);
    expect(await asks(2)).toBe('200');
  });

  test('that a person takes from one that is dead has the second after half a minute', async () => {
    await asks(1);
    await free();
    await pass(agentLease.farewellSeconds);
    expect(await asks(2)).toBe('200');
    await expect(time.until(fleet.ask(person, { do: 'free-device', device: 'rig-2', reason: '' }))).rejects.toThrow(
      'there is no device rig-2',
    );
  });

  test('of which one has a copy of the folder of the other has neither, until one was silent for the whole of its time', async () => {
    const [first, copy] = [1, 2];
    expect(await asks(1, first)).toBe('200');
    expect(await asks(1, copy)).toBe('200');
    await pass(agentLease.lateSeconds + 1);
    expect(await asks(1, first)).toMatch(
      /^423 device rig-1 has two agents with one id: the folder of one is a copy.*goes on 600 s after the copy was heard last$/,
    );
    expect(await asks(1, copy)).toMatch(/^423 device rig-1 has two agents with one id/);
    await pass(agentLease.seconds - 1);
    expect(await asks(1, first)).toMatch(/^423/);
    await pass(1);
    expect(await asks(1, first)).toBe('200');
  });

  test('that come one after the other, as after each death, has the one that lives', async () => {
    for (let life = 1; life < 9; life++) {
      expect(await asks(1, life)).toBe('200');
      await pass(60);
      expect(await asks(1, life)).toBe('200');
      // What the next one asks first may be read before the last of the one that has died.
      expect(await asks(1, life + 1)).toBe('200');
      await pass(agentLease.lateSeconds - 1);
      expect(await asks(1, life)).toBe('200');
    }
  });

  test('has one of two that ask at once', async () => {
    const both = await Promise.all([asks(1), asks(2)]);
    expect(both.filter((answer) => answer === '200')).toHaveLength(1);
    expect(both.find((answer) => answer !== '200')).toMatch(/^4\d\d .*agent/);
  });

  test.each([undefined, 'x', `${idOf(1)} `, `${idOf(1)} ${'y'.repeat(201)}`])(
    'is free for who says nothing of itself that can be read: %s',
    async (header) => {
      const asked = { headers: { [agentHeader]: header } } as unknown as Asked;
      expect(await new Leases(fleet).check(asked, { kind: 'device', name: 'rig-1' })).toBeUndefined();
      expect(fleet.state.devices.get('rig-1')?.agent).toBeUndefined();
    },
  );
});

test('what an agent has begun is read again as it was, and what another kind of agent wrote is passed over', () => {
  const chunks = [{ name: 'app', version: '1.0.0', artifacts: [] }];
  const read = (begun?: string) => readDeployment(JSON.stringify(deploymentJson({ id: 7, chunks, begun }))).begun;
  for (const begun of [{ hash: 'ab'.repeat(32), bootBefore: 41 }, { hash: 'cd'.repeat(32) }])
    expect(read(begunText(begun))).toEqual(begun);
  for (const text of [undefined, '', 'ab 41', `${'ab'.repeat(32)} 4x`]) expect(read(text)).toBeUndefined();
});
