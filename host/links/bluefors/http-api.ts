// The HTTP interface of a Bluefors-style control system: a tree of values, of which a client reads one value or a whole branch.
//
//   GET /values/mapper/bf/temperatures/tmixing/?key=…   {"data": {"mapper.bf.temperatures.tmixing": {"name", "type",
//   GET /values/?recursion=-1&style=flat                     "content": {"latest_value": {"value": "0.0195", "status": "SYNCHRONIZED", …},
//   GET /system/                                                         "latest_valid_value": {…}}}}}
//
// Paths have dots or slashes; both `mapper.bf.tmixing` and `mapper.bf.temperatures.tmixing` are known, because clients differ.
// The interface is read-only, over plain HTTP on this machine, as port 49099 of the real one; a key is accepted and not checked. A sensor
// without a reading is INVALID, and `latest_valid_value` is its last real value. What must stay true: a request changes nothing.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { authority, bindError, type Link, listenAddress } from '../link.ts';
import type { BlueforsSystem } from './system.ts';

export interface HttpApiOptions {
  system: BlueforsSystem;
  port: number;
  host?: string;
  /** The wall time at time 0 of the lab, in milliseconds since 1970. */
  startMs: number;
}

interface Value {
  /** The path, with dots. */
  name: string;
  now: number;
  /** The last real value. */
  valid: number;
  /** When each was measured, in virtual nanoseconds; undefined means now. */
  nowNs?: number;
  validNs?: number;
  /** It is no longer measured. */
  isOld?: boolean;
}

export class BlueforsHttpApi implements Link {
  readonly port: number;
  readonly address: string;
  private readonly server: Server;
  private readonly options: HttpApiOptions;

  /** Opens the port. Throws `LinkError` when it is taken. */
  static async open(options: HttpApiOptions): Promise<BlueforsHttpApi> {
    const { port } = options;
    const host = listenAddress(options.host);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError('TCP', host, port, '--bluefors-http PORT', error)));
      server.listen({ port, host, exclusive: true }, () => resolve());
    });
    server.removeAllListeners('error');
    return new BlueforsHttpApi(server, options);
  }

  private constructor(server: Server, options: HttpApiOptions) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('an HTTP server has an address and a port');
    this.server = server;
    this.options = options;
    this.port = address.port;
    this.address = `http://${authority(address)}`;
    server.on('request', (request, response) => this.answer(request, response));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): void {
    // Node sends no body with the answer to HEAD.
    const isRead = method === 'GET' || method === 'HEAD';
    const [status, body] = isRead ? this.find(url) : [405, { error: 'this interface reads only' }];
    const headers = { 'content-type': 'application/json', connection: 'close', ...(!isRead && { allow: 'GET, HEAD' }) };
    response.writeHead(status, headers);
    response.end(JSON.stringify(body));
  }

  private find(url: string): [status: number, body: object] {
    const { pathname } = new URL(url, 'http://localhost');
    const [root, ...rest] = pathname.split(/[/.]/).filter((word) => word !== '');
    const { fridge } = this.options.system.cryostat;
    if (root === 'system') {
      return [200, { data: { system_name: `coldrig ${fridge.name}`, system_version: '2.2', api_version: '2.0' } }];
    }
    if (root === 'notifications') return [200, { data: {} }];
    if (root !== 'values') return [404, { error: `nothing at ${pathname}; try /values/ or /system/` }];
    const path = rest.join('.');
    const found = this.values().filter(({ name }) => path === '' || name === path || name.startsWith(`${path}.`));
    if (found.length === 0) return [404, { error: `no value at ${path}; /values/ lists all` }];
    return [200, { data: Object.fromEntries(found.map((value) => [value.name, this.node(value)])) }];
  }

  private values(): Value[] {
    const { system } = this.options;
    const plain = (branch: string, values: Record<string, number>): Value[] =>
      Object.entries(values).map(([key, now]) => ({ name: `${branch}.${key}`, now, valid: now }));
    const temperatures = system.channels().flatMap((channel): Value[] => {
      const { key, kelvin, lastKelvin, lastNs, measuredNs, ohms, number, isEnabled, isRefreshed } = channel;
      return [
        ...['mapper.bf.temperatures', 'mapper.bf'].map((branch) => {
          // A sensor without a reading shows 0 K.
          const ages = { nowNs: measuredNs, validNs: lastNs, isOld: !isRefreshed };
          return { name: `${branch}.${key}`, now: kelvin, valid: kelvin === 0 ? lastKelvin : kelvin, ...ages };
        }),
        ...plain('mapper.bf.temperatures', { [`${key}_enabled`]: Number(isEnabled) }),
        ...plain(`mapper.temperature_control.sensors.t${number}`, { resistance: ohms }),
      ];
    });
    const pressures = system.pressures().map(({ millibar }, i) => [`p${i + 1}`, millibar]);
    const states = system.states();
    const { turbo1, scroll1, scroll2, compressor, pulsetube } = states;
    const valves = Object.entries(states).filter(([name]) => /^v\d+$/.test(name));
    return [
      ...temperatures,
      ...plain('mapper.bf.pressures', Object.fromEntries(pressures)),
      ...plain('mapper.bf', { flow: system.flowMillimolesPerSecond, pulsetube }),
      ...plain('mapper.bf.valves', Object.fromEntries(valves)),
      ...plain('mapper.bf.pumps', { turbo1, scroll1, scroll2, compressor }),
      ...plain('mapper.bflegacy.boolean', states),
      ...plain('mapper.bflegacy.double', system.compressor()),
      ...plain('mapper.bf.heaters', system.heaters()),
    ];
  }

  private node({ name, now, valid, nowNs, validNs, isOld = false }: Value): object {
    const { system, startMs } = this.options;
    const dateOf = (timeNs = system.cryostat.timeNs) => Math.round(startMs + Math.max(0, timeNs) / 1e6);
    const isValid = now === valid;
    const sample = (value: number, status: string, outdated: boolean, timeNs?: number) => ({
      value: String(value),
      status,
      date: dateOf(timeNs),
      outdated,
      // Of the reading, where it failed; clients look at it in any case.
      exception: '',
    });
    return {
      ...{ name, type: 'Value.Number.Float' },
      content: {
        latest_value: sample(now, isValid ? 'SYNCHRONIZED' : 'INVALID', isOld, nowNs),
        latest_valid_value: sample(valid, isValid ? 'SYNCHRONIZED' : 'DISCONNECTED', !isValid || isOld, validNs),
      },
    };
  }
}
