// Requests and answers over a transport: sequence numbers, timeouts, repetition.
// What must stay true: an answer counts only when its sequence number, group, command and direction fit the request; a request is repeated (with
// its own number) only when two copies have the same effect as one; requests are sent one after the other.

import { Smp } from '../../../protocol/smp/smp.ts';
import { type CborMap, decodeBody } from './cbor.ts';
import { deviceError, SmpError } from './error.ts';
import { decodeMessage, encodeMessage, type SmpHeader, type SmpVersion } from './message.ts';
import type { SmpTransport } from './transport.ts';

export interface SessionOptions {
  /** SMP version to speak, 2 by default. Version 1 has fewer error codes. */
  version?: SmpVersion;
  /** How long a request may take in total, 10 s by default. */
  timeoutMs?: number;
  /** The first sequence number. Choose it at random on a line that may still carry answers of an earlier session. */
  firstSequence?: number;
}

export interface RequestOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  /** When the request is repeated for the first time; then the waits double. Infinity means never. */
  resendAfterMs?: number;
}

export interface Command {
  /** For messages to people. */
  what: string;
  group: number;
  command: number;
  write: boolean;
}

export interface Answer {
  sequence: number;
  body: CborMap;
  /** The error of the device, if there is one. */
  error: SmpError | undefined;
}

// Waits double up to this, so that in ten seconds a bad network is tried seven times.
const slowestResendMs = 2000;

export class SmpSession {
  readonly transport: SmpTransport;
  readonly version: SmpVersion;
  readonly #timeoutMs: number;
  #sequence: number;
  #turn: Promise<unknown> = Promise.resolve();
  /** The number of messages that were no answer to the present request, and the reason for the last one. */
  #ignored = { count: 0, last: '' };

  constructor(transport: SmpTransport, options: SessionOptions = {}) {
    this.transport = transport;
    this.version = options.version ?? 2;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#sequence = options.firstSequence ?? 0;
  }

  /** One request, one answer: the body of a success. Throws an `SmpError`, or the signal's reason. */
  request(command: Command, body: CborMap = {}, options: RequestOptions = {}): Promise<CborMap> {
    return this.exclusively(async () => {
      const answer = await this.#exchange(command, body, options);
      if (answer.error) throw answer.error;
      return answer.body;
    });
  }

  /** Runs `work` when every earlier request is done; `work` may use only `post` and `next`. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Sends a request without waiting, and returns its number. With a given number it repeats an earlier request. */
  async post(command: Command, body: CborMap, signal?: AbortSignal, again?: number): Promise<number> {
    const sequence = again ?? this.#sequence;
    if (again === undefined) this.#sequence = (this.#sequence + 1) & 0xff;
    await this.transport.send(encodeMessage(headerOf(command, this.version, sequence), body), signal);
    return sequence;
  }

  /** The next answer to any request of this kind whose number `wanted` takes; undefined when none came in time. */
  async next(
    command: Command,
    wanted: (sequence: number) => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Answer | undefined> {
    const deadline = this.transport.nowMs() + timeoutMs;
    for (;;) {
      const remainingMs = deadline - this.transport.nowMs();
      if (remainingMs < 0) return undefined;
      const bytes = await this.transport.receive(remainingMs, signal);
      if (bytes === undefined) return undefined;
      const answer = this.#read(bytes, command, wanted);
      if (answer) return answer;
    }
  }

  /** For the message of a timeout: the messages that were no answer. */
  strayText(): string {
    const { count, last } = this.#ignored;
    return count === 0 ? '' : `; ${count} other messages arrived, the last was ignored because ${last}`;
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  async #exchange(command: Command, body: CborMap, options: RequestOptions): Promise<Answer> {
    const { transport } = this;
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const deadline = transport.nowMs() + timeoutMs;
    let waitMs = options.resendAfterMs ?? transport.resendAfterMs;
    let sends = 0;
    let sequence: number | undefined;
    this.#ignored = { count: 0, last: '' };
    for (;;) {
      sequence = await this.post(command, body, options.signal, sequence);
      sends += 1;
      const remainingMs = deadline - transport.nowMs();
      const answer = await this.next(command, (n) => n === sequence, Math.min(waitMs, remainingMs), options.signal);
      if (answer) return answer;
      if (transport.nowMs() >= deadline) throw this.#timeout(command, timeoutMs, sends);
      waitMs = Math.min(waitMs * 2, Math.max(waitMs, slowestResendMs));
    }
  }

  #timeout(command: Command, timeoutMs: number, sends: number): SmpError {
    const tried = sends === 1 ? 'asked once' : `asked ${sends} times`;
    const what = `${command.what}: no answer from ${this.transport.name} in ${timeoutMs} ms, ${tried}`;
    const advice = 'check that the board runs and that this is its address';
    return new SmpError('timeout', `${what}${this.strayText()}; ${advice}`);
  }

  #read(bytes: Uint8Array, command: Command, wanted: (sequence: number) => boolean): Answer | undefined {
    let message: ReturnType<typeof decodeMessage>;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      return this.#ignore((error as Error).message);
    }
    const operation = command.write ? Smp.OP_WRITE_RESPONSE : Smp.OP_READ_RESPONSE;
    const { group, sequence } = message;
    const isOurs = message.operation === operation && group === command.group && message.command === command.command;
    if (!isOurs) return this.#ignore(`it is of group ${group}, command ${message.command}`);
    if (!wanted(sequence)) return this.#ignore(`its sequence number ${sequence} is of another request`);
    try {
      const body = decodeBody(message.body);
      return { sequence, body, error: refusalIn(body, command.what) };
    } catch (error) {
      if (error instanceof SmpError) throw error;
      throw new SmpError('malformed', `${command.what}: the answer cannot be read: ${(error as Error).message}`);
    }
  }

  #ignore(why: string): undefined {
    this.#ignored = { count: this.#ignored.count + 1, last: why };
    return undefined;
  }
}

function headerOf(command: Command, version: SmpVersion, sequence: number): SmpHeader {
  const operation = command.write ? Smp.OP_WRITE : Smp.OP_READ;
  return { operation, version, group: command.group, sequence, command: command.command };
}

/** Reads both forms of an error, whatever the version of the answer: devices send SMP-level errors as plain `rc` in both. */
function refusalIn(body: CborMap, what: string): SmpError | undefined {
  const { err, rc, rsn } = body as { err?: CborMap; rc?: unknown; rsn?: unknown };
  const reason = typeof rsn === 'string' ? rsn : undefined;
  if (err !== undefined) {
    const { group, rc: code } = Object(err) as CborMap;
    if (!isCount(group) || !isCount(code)) throw new Error('its err is not {group, rc}');
    return code === 0 ? undefined : deviceError(what, group, code, reason);
  }
  if (rc === undefined) return undefined;
  if (!isCount(rc)) throw new Error('its rc is not a number');
  return rc === 0 ? undefined : deviceError(what, undefined, rc, reason);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
