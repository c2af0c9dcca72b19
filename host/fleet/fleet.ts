// A fleet: its state, its log and its two doors, behind one way in.
//
//   ask ──allowed?──> perform (state changes) ──> audit entry durable ──> events durable ──> answer
//
// What must stay true: nobody is answered from a state that is not durable; nothing that was asked takes effect without its entry in the audit log, wherever
// the server dies and whichever of the two logs fails; when a disk fails, the state is made anew of what the disk has; two that ask at once share a sync.

import type { LogDisk } from '../telemetry/log/disk.ts';
import type { Time } from '../telemetry/time.ts';
import type { Audit } from './audit/audit-log.ts';
import { CountedRecord } from './audit/counted.ts';
import type { AuditEvent, Decision } from './audit/event.ts';
import { type Access, type AccessContext, AccessRefused, type Verb, type What, type Who } from './doors.ts';
import { apply } from './rollout/apply.ts';
import type { FleetCommand } from './rollout/commands.ts';
import { perform, type Stamp, settle } from './rollout/engine.ts';
import type { Recorded } from './rollout/events.ts';
import { noReadings, type ReadingsView } from './rollout/react.ts';
import { FleetRefusal } from './rollout/refusal.ts';
import { type Device, emptyFleet, type FleetState, isOver } from './rollout/state.ts';
import { FleetStore } from './store/fleet-store.ts';

export interface FleetOptions {
  /** Folder of the log. */
  folder: string;
  time: Time;
  access: Access;
  audit: Audit;
  disk?: LogDisk;
  readings?: ReadingsView;
  /** Is told every event once it is durable. */
  onEvent?: (event: Recorded) => void;
  /** Is told of what a person should look at: nothing is lost by it. */
  onTrouble?: (reason: string) => void;
}

/** How often time is kept while something waits for it: what a crash takes from a soak time. */
const keptMs = 10_000;

export const theFleet = { kind: 'fleet', name: 'fleet' } as const;

export class Fleet {
  /** Of everything that was asked so far; answers wait for `durable`. Not to be changed from outside. */
  state: FleetState = emptyFleet();
  private readonly options: FleetOptions;
  readonly readings: ReadingsView;
  private readonly store: FleetStore;
  private readonly counted: CountedRecord;
  private ready: Promise<void>;
  private written: Promise<void> = Promise.resolve();
  private clockBaseMs = 0;

  /** Throws a LogError where the log cannot be opened. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    await fleet.ready;
    await fleet.tick();
    return fleet;
  }

  private constructor(options: FleetOptions) {
    this.options = options;
    this.readings = options.readings ?? noReadings;
    this.counted = new CountedRecord(options.audit, options.time);
    this.store = new FleetStore(options.folder, options.time, options.disk, options.onTrouble);
    this.ready = this.load();
  }

  /** Whether the gates of rings have something to judge. */
  get hasReadings(): boolean {
    return this.options.readings !== undefined;
  }

  /** Time of the fleet: what passed while a server was there. A soak time that nobody watched is none. */
  nowMs(): number {
    return this.clockBaseMs + this.options.time.monotonicMs();
  }

  /**
   * Asks for something; resolves when it is durable. Rejects with an AccessRefused, a FleetRefusal, or a FleetStoreError: then it may have been done, and
   * to ask again is right.
   */
  async ask(who: Who, command: FleetCommand): Promise<void> {
    await this.ready;
    const what = subjectOf(command);
    await this.check(who, command.do, what);
    let events: Recorded[];
    try {
      events = perform(this.state, command, who.name, this.stamp(), this.readings);
    } catch (error) {
      if (error instanceof FleetRefusal) await this.record(who, command.do, what, 'refused', error.message);
      throw error;
    }
    const isSo = events.length === 0;
    const reason = `${isSo ? 'it was so already: ' : ''}${JSON.stringify(command)}`;
    // A device asks the same again and again, a person does not.
    const isForRecord = !isSo || who.kind === 'person';
    const recorded = isForRecord ? this.record(who, command.do, what, 'done', reason) : undefined;
    await Promise.all([recorded, this.keep(events, recorded)]);
  }

  /** Lets someone read; the state is durable when it resolves. Rejects with an AccessRefused. */
  async look(who: Who, verb: Verb, what: What): Promise<FleetState> {
    await this.ready;
    await this.check(who, verb, what);
    if (who.kind === 'person')
      await this.counted.note(`${who.name} ${verb}`, this.entry(who, verb, what, 'allowed', ''));
    await this.written;
    return this.state;
  }

  /** What is known of a device that says it is this one, so that it can be found out whether it is; nothing that may be told. */
  async claimed(device: string): Promise<Device | undefined> {
    await this.ready;
    return this.state.devices.get(device);
  }

  /** Puts on record that somebody was not let in; `door`: what was asked for. Many of one source are counted (audit/counted.ts). */
  async refuseStranger(source: string, door: What, reason: string): Promise<void> {
    const who = { kind: 'stranger', name: source };
    await this.counted.note(`${source} ${door.kind}`, this.entry(who, 'enter', door, 'refused', reason));
  }

  /** Puts on record that a device was refused something. One that asks again and again is counted. */
  async refuse(who: Who, verb: Verb, what: What, reason: string): Promise<void> {
    await this.counted.note(`${who.name} ${verb}`, this.entry(who, verb, what, 'refused', reason));
  }

  /** What time alone brings about. To be called about once a second. */
  async tick(): Promise<void> {
    await this.ready;
    const stamp = this.stamp();
    const events = settle(this.state, stamp, this.readings);
    const isWaiting = [...this.state.rollouts.values()].some((rollout) => !isOver(rollout));
    if (events.length === 0 && isWaiting && stamp.atMs - this.state.atMs >= keptMs) {
      const passed: Recorded = { type: 'time-passed', ...stamp };
      apply(this.state, passed);
      events.push(passed);
    }
    await this.keep(events);
    await this.store.snapshotIfDue(this.state);
    await this.counted.write();
  }

  async close(): Promise<void> {
    await this.counted.write(true).catch(() => {});
    await this.written.catch(() => {});
    await this.store.close(this.state);
  }

  /** Events from a number on, at most so many, and how many there are. Rejects with an AccessRefused. */
  async history(who: Who, from: number, most: number): Promise<{ total: number; content: Recorded[] }> {
    await this.look(who, 'read', theFleet);
    return { total: this.store.end, content: await this.store.read(from, most) };
  }

  private async record(who: Who, verb: Verb, what: What, decision: Decision, reason: string): Promise<void> {
    await this.options.audit.record(this.entry(who, verb, what, decision, reason));
  }

  private entry(who: AuditEvent['who'], verb: Verb, what: What, decision: Decision, reason: string): AuditEvent {
    return { time: this.wall(), who, verb, what, decision, reason };
  }

  private async check(who: Who, verb: Verb, what: What): Promise<void> {
    const refusal = this.options.access.allow(who, verb, what, this.contextOf(what));
    if (refusal === undefined) return;
    await this.record(who, verb, what, 'refused', refusal);
    throw new AccessRefused(refusal);
  }

  private contextOf(what: What): AccessContext {
    const rollout = what.kind === 'rollout' ? this.state.rollouts.get(Number(what.name)) : undefined;
    if (rollout === undefined) return {};
    const { createdBy, pausedBy } = rollout;
    return { ...(createdBy !== undefined && { createdBy }), isApproval: pausedBy === 'approval' };
  }

  private stamp(): Stamp {
    return { atMs: Math.max(this.state.atMs, Math.floor(this.nowMs())), wall: this.wall() };
  }

  private wall(): string {
    return new Date(Number(this.options.time.wallNs() / 1_000_000n)).toISOString();
  }

  private async keep(events: readonly Recorded[], recorded?: Promise<void>): Promise<void> {
    if (events.length > 0) {
      const kept = this.store.append(events, recorded);
      // Of two that are not yet durable the later one is durable last.
      this.written = kept;
      kept.catch((error: Error) => {
        if (this.written !== kept) return;
        this.options.onTrouble?.(error.message);
        this.ready = this.load();
      });
    }
    await this.written;
    for (const event of events) this.options.onEvent?.(event);
  }

  private async load(): Promise<void> {
    this.state = await this.store.load();
    this.written = Promise.resolve();
    this.clockBaseMs = this.state.atMs - this.options.time.monotonicMs();
  }
}

function subjectOf(command: FleetCommand): What {
  if ('rollout' in command) return { kind: 'rollout', name: `${command.rollout}` };
  if ('device' in command) return { kind: 'device', name: command.device };
  if (command.do === 'add-release') return { kind: 'release', name: command.release.hash };
  if (command.do === 'withdraw-release') return { kind: 'release', name: command.release };
  return { kind: 'fleet', name: 'fleet' };
}
