// A fleet on the bench: the update server on a port of this machine, and boards with their bootloader and firmware, each with an agent.
//
// The boards run in virtual time, which passes while their agent asks them; the server is asked over HTTP.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../../host/fleet/agent/agent.ts';
import { AgentJournal } from '../../../host/fleet/agent/journal.ts';
import type { AgentEvent, AgentOptions } from '../../../host/fleet/agent/options.ts';
import { DdiClient } from '../../../host/fleet/ddi/client.ts';
import { DdiServer, tokenHash } from '../../../host/fleet/ddi/server.ts';
import { localAccess, noAudit, type Who } from '../../../host/fleet/doors.ts';
import { Fleet } from '../../../host/fleet/fleet.ts';
import { type FleetHttp, serveFleetHttp } from '../../../host/fleet/http.ts';
import { type MoreOfRelease, Shelf } from '../../../host/fleet/repository/shelf.ts';
import type { FleetCommand } from '../../../host/fleet/rollout/commands.ts';
import type { Release, RingPlan } from '../../../host/fleet/rollout/events.ts';
import type { ReadingsView } from '../../../host/fleet/rollout/react.ts';
import type { Rollout } from '../../../host/fleet/rollout/state.ts';
import { hostTime, type Time } from '../../../host/telemetry/time.ts';
import { DeviceUnderTest, firmwareImage, signed } from '../../rig/index.ts';

const person: Who = { kind: 'person', name: 'operator' };
const never = new AbortController().signal;

/** Time of the server that a test lets pass: a soak time of a day takes a moment. Beside it, that of the host passes, unless it is to stand still. */
export class BenchTime implements Time {
  /** Time passes only when the test lets it: for tests that look at how old something is. */
  isStill = false;
  private aheadMs = 0;

  monotonicMs(): number {
    return (this.isStill ? 0 : hostTime.monotonicMs()) + this.aheadMs;
  }

  wallNs(): bigint {
    const nowNs = this.isStill ? 1_800_000_000_000_000_000n : hostTime.wallNs();
    return nowNs + BigInt(Math.round(this.aheadMs)) * 1_000_000n;
  }

  after(milliseconds: number, call: () => void): () => void {
    return hostTime.after(milliseconds, call);
  }

  pass(milliseconds: number): void {
    this.aheadMs += milliseconds;
  }
}

export interface BenchDevice {
  name: string;
  board: DeviceUnderTest;
  agent: Agent;
  events: AgentEvent[];
}

interface BenchOptions {
  /** Made anew for each server, as its process would. */
  readings?: () => ReadingsView;
  isStill?: boolean;
}

export class FleetBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'coldrig-fleet-'));
  readonly time = new BenchTime();
  readonly shelf = new Shelf(join(this.folder, 'repository'));
  readonly devices: BenchDevice[] = [];
  fleet!: Fleet;
  private http: FleetHttp | undefined;
  private port = 0;

  private readings: BenchOptions['readings'];

  static async start({ readings, isStill = false }: BenchOptions = {}): Promise<FleetBench> {
    const bench = new FleetBench();
    bench.readings = readings;
    bench.time.isStill = isStill;
    await bench.serve();
    return bench;
  }

  /** Starts the server, on the port that it had. */
  async serve(): Promise<void> {
    const { time, shelf } = this;
    const folder = join(this.folder, 'log');
    this.fleet = await Fleet.open({ folder, time, access: localAccess, audit: noAudit, readings: this.readings?.() });
    const ddi = new DdiServer({
      ...{ fleet: this.fleet, tenant: 'default', pollSeconds: 10 },
      fileOf: (release) => shelf.fileOf(release),
    });
    const handlers = [ddi.answer.bind(ddi)];
    const onError = (error: unknown) => {
      throw error;
    };
    this.http = await serveFleetHttp({ host: '127.0.0.1', port: this.port, handlers, onError });
    this.port = this.http.port;
  }

  async stop(): Promise<void> {
    await this.http?.close();
    await this.fleet.close();
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  ask(command: FleetCommand): Promise<void> {
    return this.fleet.ask(person, command);
  }

  /** Puts an image on the shelf, and makes it known. */
  async release(image: Uint8Array, name: string, more: MoreOfRelease = {}): Promise<Release> {
    const release = this.shelf.put(image, `${name}.bin`, name, more);
    await this.ask({ do: 'add-release', release });
    return release;
  }

  /** A board with its agent, known to the server. */
  async device(name: string, board: DeviceUnderTest, more: Partial<AgentOptions> = {}): Promise<BenchDevice> {
    const token = `token-of-${name}-is-long-enough`;
    await this.ask({ do: 'add-device', device: name, tokenHash: tokenHash(token) });
    const made: BenchDevice = { name, board, agent: undefined as unknown as Agent, events: [] };
    this.devices.push(made);
    this.restartAgent(made, more);
    return made;
  }

  /** An agent that begins anew with what its journal says, as after a kill. */
  restartAgent(device: BenchDevice, more: Partial<AgentOptions> = {}): void {
    const { name, board } = device;
    mkdirSync(join(this.folder, 'agents'), { recursive: true });
    const server = this.clientOf(name);
    device.agent = new Agent({
      ...{ device: name, server, time: hostTime, open: async () => board.client() },
      journal: new AgentJournal(join(this.folder, 'agents', createHash('sha256').update(name).digest('hex'))),
      words: ({ verdict, health }) => `${verdict}${health ? `, health ${health}` : ''}`,
      onEvent: (event) => device.events.push(event),
      ...more,
    });
  }

  /** `place`: of an agent that says which one it is. */
  clientOf(device: string, place?: string): DdiClient {
    const id = createHash('sha256')
      .update(`${place}`)
      .digest('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
    return new DdiClient({
      ...{ server: this.origin, tenant: 'default', device, token: `token-of-${device}-is-long-enough` },
      ...{ time: hostTime, ...(place !== undefined && { agent: { id, place } }) },
    });
  }

  async turn(device: BenchDevice, signal = never): Promise<void> {
    await device.agent.turn(signal);
  }

  /** Lets every device have its turn, until the rollout has come to this state. */
  async until(id: number, isSo: (rollout: Rollout) => boolean, turnsMost = 20): Promise<Rollout> {
    for (let turns = 0; ; turns++) {
      await this.fleet.tick();
      const rollout = this.fleet.state.rollouts.get(id) as Rollout;
      if (isSo(rollout)) return rollout;
      if (turns >= turnsMost) throw new Error(`rollout ${id} is ${rollout.state} after ${turns} turns of all devices`);
      for (const device of this.devices) await this.turn(device);
      this.time.pass(1_000);
    }
  }

  running(name: string): string | undefined {
    return this.fleet.state.devices.get(name)?.running;
  }
}

export const ringOf = (name: string, devices: string[], more: Partial<RingPlan> = {}): RingPlan => ({
  ...{ name, devices, soakMs: 5_000, approval: false, failuresMost: 0, gates: {} },
  ...more,
});

/** A device whose firmware runs, and images for it. */
export async function benchImages() {
  const [old, good, bad] = await Promise.all([
    firmwareImage('1.0.0'),
    firmwareImage('1.1.0'),
    firmwareImage('1.2.0', 'firmware/defects/never-confirms.ts'),
  ]);
  return { old, good, bad, signed, board: () => DeviceUnderTest.running({ slots: { A: old } }) };
}
