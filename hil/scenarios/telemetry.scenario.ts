// What happens to a device is told by its records: each once, in order, also through a reset; what it had no room for is told as dropped.

import { readTelemetry, TelemetryClient } from '../../host/tools/telemetry/client.ts';
import type { TelemetryRecord } from '../../host/tools/telemetry/envelope.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { event, type Rig, scenario, within } from '../index.ts';
import { refusedFor } from './refused.ts';

/** A client that has seen nothing yet. */
const reader = (rig: Rig) => new TelemetryClient(rig.client, { cryostat: 'north', timeNs: () => BigInt(rig.now) });

/** Everything that is there, acknowledged as it is read. Fails the scenario when a number is missing. */
async function all(rig: Rig, client: TelemetryClient): Promise<TelemetryRecord[]> {
  const records: TelemetryRecord[] = [];
  for (let more = true; more; ) {
    const poll = await client.poll((fresh) => void records.push(...fresh));
    await rig.check(() => poll.repeats === 0 && poll.gaps.length === 0);
    more = poll.more;
  }
  return records;
}

const kinds = (records: readonly TelemetryRecord[]) => new Set(records.map(({ kind }) => kind));
const places = (records: readonly TelemetryRecord[]) => records.map(({ boot, sequence }) => boot * 1e6 + sequence);

scenario('a trip, a reset and the boot after it are told once and in order', { fridge: 'uts' }, async (rig) => {
  const client = reader(rig);
  const before = await all(rig, client);
  await rig.check(() => kinds(before).has('boot') && kinds(before).has('heartbeat'));
  rig.fault('power-surge at dac 30% for 20ms');
  await rig.until(event('INTERLOCK_TRIPPED'), within('1 s'));
  await rig.wait('1 s');
  rig.pullReset();
  await rig.wait('2 s');
  const after = await all(rig, client);
  const trips = after.filter(({ body }) => body.event === EventKind.INTERLOCK_TRIPPED);
  await rig.check(
    () => trips.length === 1 && trips[0].class === 'critical' && kinds(after).has('boot'),
    () => new Set(after.map(({ boot }) => boot)).size === 2,
  );
  const told = places([...before, ...after]);
  await rig.check(() => told.every((place, at) => at === 0 || place > told[at - 1]));
  await refusedFor(
    rig,
    'NOT_TOLD',
    readTelemetry(rig.client, { position: { boot: after[0].boot + 9, sequence: 0 }, acknowledges: true }),
  );
});

scenario('a device that nobody reads for an hour keeps what matters, and says what it dropped', {}, async (rig) => {
  const client = reader(rig);
  await all(rig, client);
  await rig.wait('1 h');
  const records = await all(rig, client);
  const dropped = records.filter(({ kind }) => kind === 'dropped');
  const count = dropped.reduce((sum, { body }) => sum + Number(body.count), 0);
  rig.measure('heartbeats kept', records.filter(({ kind }) => kind === 'heartbeat').length, {
    ...{ unit: 'records', atLeast: 50 },
  });
  rig.measure('records dropped', count, { unit: 'records', atLeast: 3000, atMost: 3600 });
});
