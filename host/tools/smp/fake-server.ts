// A small SMP server for the client's tests: real bytes in, real bytes out, and ways to misbehave that real servers have.
// It is not the board: it exists so that the client meets servers that lose sessions, forget, truncate and stall.

import { createHash } from 'node:crypto';
import { ImgCommand, OsCommand, Smp, SmpGroup, StatCommand, smpErrors } from '../../../protocol/smp/smp.ts';
import { type CborMap, decodeBody } from './cbor.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import type { InProcessDevice } from './transport.ts';

export interface FakeServerOptions {
  bufferSize?: number;
  bufferCount?: number;
  /** As Zephyr: a finished upload is forgotten, so its last chunk sent again is answered with offset 0. */
  forgetsFinished?: boolean;
  /** As MCUboot's recovery: takes only whole units of so many bytes, except at the end. */
  unit?: number;
  /** Without the parameters command. */
  withoutParams?: boolean;
  /** Called with each upload chunk taken; returns true to have the session lost right then. */
  losesSession?: (offset: number) => boolean;
  /** Called with each request; returns an SMP-level code to refuse it. */
  refuses?: (group: number, command: number) => number | undefined;
  /** Answers `match` with the last chunk. */
  saysMatch?: boolean;
  /** Called with each request while the uploaded image is on trial; returns true when it fails there and the device goes back. */
  trialFails?: () => boolean;
  /** Called with each confirm; returns true when it is answered as done, and is not. */
  forgetsConfirm?: () => boolean;
}

interface UploadSession {
  sha: string;
  bytes: Uint8Array;
  had: number;
}

export class FakeServer {
  readonly requests: { group: number; command: number; body: CborMap }[] = [];
  resets = 0;
  erases = 0;
  /** What the finished upload left in the slot. */
  uploaded: Uint8Array | undefined;
  /** What the uploaded image is: just there, asked for, on trial, kept. */
  standing: 'idle' | 'pending' | 'trial' | 'confirmed' = 'idle';
  #session: UploadSession | undefined;
  readonly #options: FakeServerOptions;

  constructor(options: FakeServerOptions = {}) {
    this.#options = options;
  }

  /** The answers to one request: one, or none to garbage. */
  answer(bytes: Uint8Array): Uint8Array[] {
    if (bytes.length < Smp.HEADER_SIZE) return [];
    const request = decodeMessage(bytes);
    const body = decodeBody(request.body);
    const { group, command } = request;
    this.requests.push({ group, command, body });
    if (this.standing === 'trial' && this.#options.trialFails?.()) this.standing = 'idle';
    const refusal = this.#options.refuses?.(group, command);
    const answer = refusal === undefined ? this.#run(group, command, body) : { rc: refusal };
    return [encodeMessage({ ...request, operation: request.operation + 1 }, answer)];
  }

  #run(group: number, command: number, body: CborMap): CborMap {
    const { bufferSize = 2048, bufferCount = 4, withoutParams } = this.#options;
    switch (`${group}/${command}`) {
      case `${SmpGroup.OS}/${OsCommand.ECHO}`:
        return { r: body.d };
      case `${SmpGroup.OS}/${OsCommand.PARAMS}`:
        return withoutParams ? { rc: 8 } : { buf_size: bufferSize, buf_count: bufferCount };
      case `${SmpGroup.OS}/${OsCommand.RESET}`:
        this.resets += 1;
        if (this.standing === 'pending' || this.standing === 'trial')
          this.standing = this.standing === 'pending' ? 'trial' : 'idle';
        return {};
      case `${SmpGroup.IMG}/${ImgCommand.STATE}`:
        if (body.hash !== undefined) this.#mark(body.confirm === true);
        return { images: this.#images(), splitStatus: 0 };
      case `${SmpGroup.IMG}/${ImgCommand.ERASE}`:
        this.erases += 1;
        this.#session = undefined;
        return {};
      case `${SmpGroup.IMG}/${ImgCommand.UPLOAD}`:
        return this.#upload(body);
      case `${SmpGroup.STAT}/${StatCommand.READ}`:
        return body.name === 'smp' ? { name: 'smp', fields: { requests: 3 } } : { err: { group: 2, rc: 3 } };
      default:
        return { rc: smpErrors.values.ENOTSUP[0] };
    }
  }

  #mark(confirm: boolean): void {
    if (!confirm) this.standing = 'pending';
    else if (!this.#options.forgetsConfirm?.()) this.standing = 'confirmed';
  }

  #images(): CborMap[] {
    const flags = { bootable: true, pending: false, permanent: false };
    const [active, confirmed] = [
      this.standing === 'trial' || this.standing === 'confirmed',
      this.standing === 'confirmed',
    ];
    const first = {
      slot: 0,
      version: '1.0.0',
      hash: new Uint8Array(32),
      ...flags,
      confirmed: !confirmed,
      active: !active,
    };
    if (this.uploaded === undefined) return [first];
    const hash = this.uploaded.subarray(-136, -104); // of a signed image: its SHA256 TLV
    const pending = this.standing === 'pending';
    return [first, { slot: 1, version: '1.1.0', hash, ...flags, pending, confirmed, active }];
  }

  #upload({ off, data, len, sha }: CborMap): CborMap {
    if (typeof off !== 'number' || !(data instanceof Uint8Array)) return { err: { group: 1, rc: 20 } };
    if (off === 0) {
      const name = sha instanceof Uint8Array ? Buffer.from(sha).toString('hex') : 'none';
      if (this.#session?.sha === name && name !== 'none') return { off: this.#session.had };
      if (typeof len !== 'number') return { err: { group: 1, rc: 21 } };
      this.#session = { sha: name, bytes: new Uint8Array(len), had: 0 };
    }
    const session = this.#session;
    if (session === undefined) return { off: 0 };
    if (off !== session.had) return { off: session.had };
    const { unit = 1, losesSession } = this.#options;
    const isLast = off + data.length === session.bytes.length;
    const taken = isLast ? data : data.subarray(0, data.length - (data.length % unit));
    session.bytes.set(taken, off);
    session.had = off + taken.length;
    if (losesSession?.(off)) {
      this.#session = undefined;
      return { off: 0 };
    }
    if (session.had < session.bytes.length) return { off: session.had };
    this.uploaded = session.bytes;
    if (this.#options.forgetsFinished) this.#session = undefined;
    const isSame = createHash('sha256').update(session.bytes).digest('hex') === session.sha;
    return this.#options.saysMatch ? { off: session.had, match: isSame } : { off: session.had };
  }
}

export interface Weather {
  /** Chances of a message, each way: lost, sent twice, held back. */
  loss: number;
  duplication: number;
  /** Longest extra delay; every message gets its own, so they overtake each other. */
  jitterMs: number;
  latencyMs: number;
}

export const fairWeather: Weather = { loss: 0, duplication: 0, jitterMs: 0, latencyMs: 1 };

/** Where a network's chance comes from: numbers from 0 to 1, 1 excluded. */
export interface Chance {
  fraction(): number;
}

/** When the copies of one message arrive: none, one or two delays. */
export function fate(weather: Weather, random: Chance): number[] {
  const copies = random.fraction() < weather.loss ? 0 : random.fraction() < weather.duplication ? 2 : 1;
  return Array.from({ length: copies }, () => weather.latencyMs + random.fraction() * weather.jitterMs);
}

/** The device behind a bad network, all in virtual time: the same chance, the same course. */
export function inWeather(device: FakeServer, weather: Weather, random: Chance): InProcessDevice {
  const events: { atMs: number; toDevice: boolean; message: Uint8Array }[] = [];
  let nowMs = 0;
  const dispatch = (message: Uint8Array, toDevice: boolean) => {
    for (const delayMs of fate(weather, random)) events.push({ atMs: nowMs + delayMs, toDevice, message });
    events.sort((a, b) => a.atMs - b.atMs);
  };
  return {
    nowMs: () => nowMs,
    send: (message) => dispatch(message, true),
    receive(timeoutMs) {
      const deadline = nowMs + timeoutMs;
      while (events[0] !== undefined && events[0].atMs <= deadline) {
        const event = events.shift() as (typeof events)[0];
        nowMs = Math.max(nowMs, event.atMs);
        if (!event.toDevice) return event.message;
        for (const answer of device.answer(event.message)) dispatch(answer, false);
      }
      nowMs = deadline;
      return undefined;
    },
  };
}
