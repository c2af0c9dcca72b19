// Where readings come from: an embedded gateway or a Prometheus over HTTP, and whatever else may answer there.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { serveHttp } from '../../telemetry/metrics/serve.ts';
import { Watch } from '../../telemetry/metrics/watch.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import { FleetServerError } from '../http-client.ts';
import { readingsSource, type SourceKind } from './readings.ts';

const never = new AbortController().signal;
const closed = (server: Server) =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

describe('a source of readings', () => {
  test('is an embedded gateway', async () => {
    const time = new VirtualTime();
    const watch = new Watch(time);
    const set = (name: string, labels: Record<string, string>, value: number) =>
      watch.table.apply([{ name, labels: { cryostat: 'north', device: 'a', ...labels }, value, how: 'set' } as never]);
    const now = watch.nowSeconds;
    set('coldrig_flanges_temperature_kelvins', { flange: 'mxc', channel: 'MXC' }, 0.02);
    set('coldrig_power_watts', {}, 2);
    set('coldrig_readout_snr_decibels', { channel: '3' }, 18);
    set('coldrig_last_heartbeat_timestamp_seconds', {}, now - 2);
    for (let second = -120; second <= 0; second++) watch.advance(now + second);
    const served = await serveHttp(
      { host: '127.0.0.1', port: 0 },
      {
        ...{
          name: 'g',
          version: '1',
          watch,
          buffer: () => ({ end: 0, bytes: 0, bytesMost: 1, lag: {}, stored: 0, repeats: 0, refused: 0 }),
        },
      },
    );
    try {
      const found = await readingsSource('gateway', served.address).read(60, never);
      expect(found.temperatureKelvin.get('a')).toEqual({ MXC: 0.02 });
      expect([found.powerWatts.get('a'), found.snrDecibel.get('a')]).toEqual([2, { 3: 18 }]);
      expect(found.heartbeatAgoMs.get('a')).toBeCloseTo(2_000, -3);
      expect(found.powerWatts.has('b')).toBe(false);
    } finally {
      await served.close();
    }
  });

  test.each<[SourceKind, string]>([
    ['gateway', '{"times": [], "series": 7}'],
    ['gateway', '<html>'],
    ['prometheus', '{"status": "success", "data": {}}'],
  ])('that answers something else is an error, not a reading: %s %s', async (kind, body) => {
    const server = createServer((_, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(readingsSource(kind, `http://127.0.0.1:${port}`).read(60, never)).rejects.toThrow(/something else/);
    await closed(server);
  });

  test('may answer anything: that is an error of the source, or readings of the right kind', async () => {
    let body = '';
    const server = createServer((_, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const any = fc.jsonValue({ maxDepth: 1 });
    const mostly = <Value>(usual: Value) => fc.oneof({ weight: 6, arbitrary: fc.constant<unknown>(usual) }, any);
    const labels = mostly({ device: 'a', channel: 'MXC' });
    const values = mostly([3]);
    const point = fc.record({ labels, mean: values, max: values, metric: labels, value: mostly([1_000, '3']) });
    const list = fc.oneof({ weight: 6, arbitrary: fc.array(point, { maxLength: 3 }) }, any);
    const alert = fc.record({ name: mostly('Hot'), severity: mostly('page'), labels });
    const answer = fc.record({
      times: mostly([940]),
      series: list,
      alerts: fc.array(alert),
      data: fc.record({ result: list }),
    });
    await fc.assert(
      fc.asyncProperty(answer, fc.constantFrom<SourceKind>('gateway', 'prometheus'), async (of, kind) => {
        body = JSON.stringify(of);
        const found = await readingsSource(kind, `http://127.0.0.1:${port}`)
          .read(60, never)
          .catch((error) => error);
        if (found instanceof Error) expect(found).toBeInstanceOf(FleetServerError);
        else
          for (const value of [...found.powerWatts.values(), ...found.heartbeatAgoMs.values()])
            expect(Number.isFinite(value)).toBe(true);
      }),
      cases(60),
    );
    await closed(server);
  });

  test('is a Prometheus: means of the window, and alerts that page', async () => {
    const asked: string[] = [];
    const vector = (labels: object, value: number) => ({
      metric: { device: 'a', cryostat: 'north', ...labels },
      value: [1_000, `${value}`],
    });
    const server = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://here').searchParams.get('query') ?? '';
      asked.push(query);
      const result = query.startsWith('ALERTS')
        ? [vector({ alertname: 'Hot', severity: 'page' }, 1), vector({ alertname: 'Dusty', severity: 'ticket' }, 1)]
        : [
            vector({ channel: 'MXC' }, query.includes('heartbeat') ? 997 : 0.02),
            vector({ device: 'b', channel: 'MXC' }, Number.NaN),
          ];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const found = await readingsSource('prometheus', `http://127.0.0.1:${port}`).read(60, never);
    await closed(server);
    expect(found.temperatureKelvin).toEqual(new Map([['a', { MXC: 0.02 }]]));
    expect(found.heartbeatAgoMs).toEqual(new Map([['a', 3_000]]));
    expect(found.alerts).toEqual([{ device: 'a', cryostat: 'north', name: 'Hot' }]);
    expect(asked).toContain('avg_over_time(coldrig_power_watts[60s])');
  });
});
