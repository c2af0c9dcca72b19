// Uploads an image with several chunks in flight. Whatever the network does, the result is that the device has exactly these bytes, or that the
// caller gets an error.
//
// The device takes chunks in order only and answers each with the offset it wants next. So an answer tells one of four:
//
//   wants the end of the chunk          taken; everything before it is, too
//   wants less, but not less than it    a chunk before this one is missing: this one was dropped. Send the missing one
//     had when this one was sent        again unless it was sent later than this one, and then this one
//   wants less than it had when this    the session is gone (reset, erase): start over with the first chunk
//     one was sent
//   wants more                          this one came twice
//
// What must stay true: the first chunk travels alone, because it opens the session and may resume an older one (same
// SHA-256); at most `bufferCount` messages are under way.

import { ImgCommand, SmpGroup, smpErrors } from '../../../protocol/smp/smp.ts';
import { ImageError, parseImage } from '../image/index.ts';
import { SmpError } from './error.ts';
import { Fields } from './fields.ts';
import { RoundTrip } from './round-trip.ts';
import type { Answer, Command } from './session.ts';
import { type UploadClient, type UploadOptions, UploadPlan, type UploadResult } from './upload-plan.ts';

interface Chunk {
  sequence: number;
  offset: number;
  end: number;
  /** How many bytes the device was known to have when this was sent. */
  hadWhenSent: number;
  /** Position in the order of all sends. */
  order: number;
  sentMs: number;
  sends: number;
}

const command: Command = { what: 'upload', group: SmpGroup.IMG, command: ImgCommand.UPLOAD, write: true };
const busyPauseMs = 50;
const stateTimeoutMs = 1000;
const stateTries = 5;
// After so many answers in a row without progress, or lost sessions in one upload, the upload ends with an error.
const patience = 200;
const restartsAllowed = 5;
// Sequence numbers come round after 256; answers to twice as many messages must still be told apart.
const widestWindow = 64;
const passingCodes = [smpErrors.values.EBUSY[0], smpErrors.values.ENOMEM[0]];

/** Throws an `SmpError`, or the signal's reason; afterwards the upload can be resumed. */
export async function uploadImage(client: UploadClient, bytes: Uint8Array, options: UploadOptions = {}) {
  const { signal } = options;
  const { bufferSize, bufferCount } = await client.paramsOrAssumed({ signal });
  const largest = Math.min(bufferSize - client.transport.overhead, client.transport.maximumMessage);
  const plan = new UploadPlan(bytes, largest, options);
  if (options.resume === false) await client.erase(undefined, { signal });
  const window = Math.min(Math.max(1, options.window ?? bufferCount), widestWindow);
  const upload = new Upload(client, plan, options, window, hashIn(bytes));
  return client.exclusively(() => upload.run());
}

class Upload {
  readonly #client: UploadClient;
  readonly #plan: UploadPlan;
  readonly #options: UploadOptions;
  readonly #imageHash: Uint8Array | undefined;
  readonly #roundTrip: RoundTrip;
  readonly #startMs: number;
  /** Chunks in flight, by sequence number. */
  readonly #chunks = new Map<number, Chunk>();
  #window: number;
  #had = 0;
  #opened = false;
  #resumedAt = 0;
  #finished = false;
  /** Every byte has been sent at least once, so the device may be done. */
  #sentAll = false;
  #matched: boolean | undefined;
  #sends = 0;
  #resent = 0;
  #restarts = 0;
  #idleAnswers = 0;
  #lastRefusal: SmpError | undefined;
  #progressMs: number;

  constructor(
    client: UploadClient,
    plan: UploadPlan,
    options: UploadOptions,
    window: number,
    imageHash: Uint8Array | undefined,
  ) {
    this.#client = client;
    this.#plan = plan;
    this.#options = options;
    this.#window = window;
    this.#imageHash = imageHash;
    this.#roundTrip = new RoundTrip(client.transport.resendAfterMs);
    this.#startMs = this.#nowMs();
    this.#progressMs = this.#startMs;
  }

  async run(): Promise<UploadResult> {
    while (!this.#finished) {
      await this.#fill();
      const wanted = (sequence: number) => this.#chunks.has(sequence);
      const answer = await this.#client.next(command, wanted, this.#waitMs(), this.#options.signal);
      if (answer) await this.#take(answer);
      else await this.#resendLate();
      this.#checkPatience();
    }
    return {
      sha256: this.#plan.sha256,
      resumedAt: this.#resumedAt,
      matched: this.#matched,
      elapsedMs: this.#nowMs() - this.#startMs,
      messages: this.#sends,
      resent: this.#resent,
    };
  }

  /** Sends the chunks that the device does not have and that are not in flight, in order, while the window has room. */
  async #fill(): Promise<void> {
    const window = this.#opened ? this.#window : 1;
    let offset = this.#had;
    while (this.#chunks.size < window && offset < this.#plan.totalBytes) {
      offset = this.#holding(offset)?.end ?? (await this.#send(offset));
    }
  }

  async #send(offset: number): Promise<number> {
    const end = this.#plan.endOf(offset);
    const sequence = await this.#client.post(command, this.#plan.bodyOf(offset, end), this.#options.signal);
    const chunk = {
      sequence,
      offset,
      end,
      hadWhenSent: this.#had,
      order: this.#sends,
      sentMs: this.#nowMs(),
      sends: 1,
    };
    this.#sends += 1;
    this.#sentAll ||= end === this.#plan.totalBytes;
    this.#chunks.set(sequence, chunk);
    return end;
  }

  async #sendAgain(chunk: Chunk): Promise<void> {
    const body = this.#plan.bodyOf(chunk.offset, chunk.end);
    await this.#client.post(command, body, this.#options.signal, chunk.sequence);
    Object.assign(chunk, { order: this.#sends, sentMs: this.#nowMs(), sends: chunk.sends + 1 });
    this.#sends += 1;
    this.#resent += 1;
  }

  async #take({ sequence, body, error }: Answer): Promise<void> {
    const chunk = this.#chunks.get(sequence) as Chunk;
    this.#chunks.delete(sequence);
    if (error) return this.#takeError(error);
    this.#idleAnswers += 1;
    const fields = new Fields(body, 'upload');
    const wants = fields.count('off');
    if (wants > this.#plan.totalBytes) {
      const text = `upload: the device wants byte ${wants} of a file of ${this.#plan.totalBytes} bytes`;
      throw new SmpError(
        'malformed',
        `${text}; if another client uploads at the same time, end that; then upload it again`,
      );
    }
    if (chunk.sends === 1) this.#roundTrip.measure(this.#nowMs() - chunk.sentMs);
    if (!this.#opened) this.#open(wants, chunk);
    else if (wants < chunk.hadWhenSent) await this.#lostSession(wants);
    else if (wants < chunk.end && wants >= this.#had) await this.#resendMissing(wants, chunk);
    if (wants > this.#had) this.#advance(wants);
    if (this.#had === this.#plan.totalBytes) this.#finish(fields);
  }

  #open(wants: number, first: Chunk): void {
    this.#opened = wants > 0;
    if (wants > first.end) this.#resumedAt = wants;
  }

  #advance(wants: number): void {
    this.#had = wants;
    this.#progressMs = this.#nowMs();
    this.#idleAnswers = 0;
    this.#lastRefusal = undefined;
    for (const [sequence, chunk] of this.#chunks) if (chunk.end <= wants) this.#chunks.delete(sequence);
    const elapsedMs = this.#progressMs - this.#startMs;
    this.#options.onProgress?.({ bytes: wants, totalBytes: this.#plan.totalBytes, elapsedMs });
  }

  async #resendMissing(wants: number, dropped: Chunk): Promise<void> {
    const missing = this.#holding(wants);
    if (missing && missing.order < dropped.order) await this.#sendAgain(missing);
  }

  async #lostSession(wants: number): Promise<void> {
    if (this.#sentAll && wants === 0 && (await this.#isComplete())) {
      this.#had = this.#plan.totalBytes;
      return;
    }
    this.#restarts += 1;
    if (this.#restarts > restartsAllowed) {
      const text = `upload: the device lost the upload ${this.#restarts} times, now it wants byte ${wants}`;
      throw new SmpError('device', `${text}; see whether it resets, or whether someone else uploads as well`);
    }
    this.#chunks.clear();
    this.#had = 0;
    this.#opened = false;
    this.#sentAll = false;
  }

  /** Servers that forget a finished upload answer a chunk sent again as if it never was; the slot knows better. */
  async #isComplete(): Promise<boolean> {
    const hash = this.#imageHash;
    if (hash === undefined) return false;
    const state: Command = { what: 'image state', group: SmpGroup.IMG, command: ImgCommand.STATE, write: false };
    const { signal } = this.#options;
    let answer: Answer | undefined;
    for (let tries = 0; tries < stateTries && answer === undefined; tries += 1) {
      const sequence = await this.#client.post(state, {}, signal);
      answer = await this.#client.next(state, (n) => n === sequence, stateTimeoutMs, signal);
    }
    if (answer === undefined || answer.error) return false;
    return new Fields(answer.body, 'image state')
      .maps('images')
      .some((image) => image.has('hash') && !image.flag('active') && Buffer.compare(image.bytes('hash'), hash) === 0);
  }

  /** A device out of buffers gets a rest and one message at a time; any other refusal ends the upload. */
  async #takeError(error: SmpError): Promise<void> {
    const passes = error.group === undefined && passingCodes.includes(error.code);
    if (!passes) throw error;
    this.#lastRefusal = error;
    this.#window = 1;
    await this.#client.next(command, () => false, busyPauseMs, this.#options.signal);
    this.#chunks.clear(); // their answers, if any came, went by in the rest
  }

  #finish(fields: Fields): void {
    this.#finished = true;
    this.#matched = fields.has('match') ? fields.flag('match') : undefined;
    if (this.#matched !== false) return;
    const text = 'upload: the device has all bytes, but their SHA-256 is not that of the file (match false)';
    throw new SmpError('device', `${text}; if another client uploads at the same time, end that; then upload it again`);
  }

  async #resendLate(): Promise<void> {
    const oldest = this.#holding(this.#had);
    if (oldest && this.#lateInMs(oldest) <= 0) await this.#sendAgain(oldest);
  }

  /** The chunk in flight with this byte. */
  #holding(offset: number): Chunk | undefined {
    return [...this.#chunks.values()].find((chunk) => chunk.offset <= offset && offset < chunk.end);
  }

  /** The time until the chunk that the device needs first is late. While that one is in flight, no later chunk is late. */
  #waitMs(): number {
    const oldest = this.#holding(this.#had);
    const limitInMs = this.#progressMs + this.#limitMs() - this.#nowMs();
    return Math.max(0, Math.min(oldest ? this.#lateInMs(oldest) : limitInMs, limitInMs));
  }

  #lateInMs(chunk: Chunk): number {
    return chunk.sentMs + this.#roundTrip.lateAfterMs(chunk.sends) - this.#nowMs();
  }

  #limitMs(): number {
    const { timeoutMs = 10_000, firstTimeoutMs = 40_000 } = this.#options;
    return this.#opened ? timeoutMs : Math.max(timeoutMs, firstTimeoutMs);
  }

  #checkPatience(): void {
    if (this.#finished) return;
    const at = `byte ${this.#had} of ${this.#plan.totalBytes}`;
    if (this.#idleAnswers > patience) {
      const text = `upload: the device keeps answering but takes nothing at ${at}`;
      throw new SmpError('device', `${text}; reset it and try again`);
    }
    const idleMs = this.#nowMs() - this.#progressMs;
    if (idleMs < this.#limitMs()) return;
    if (this.#lastRefusal) throw this.#lastRefusal;
    const text = `upload: no progress for ${Math.round(idleMs)} ms at ${at}${this.#client.strayText()}`;
    throw new SmpError('timeout', `${text}; upload again to go on from there`);
  }

  #nowMs(): number {
    return this.#client.transport.nowMs();
  }
}

/** The hash an image is known by over SMP, where the bytes are an image. */
function hashIn(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return parseImage(bytes).hash;
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
