// One update of a device over SMP, from file to verdict: upload, ask for a trial, reset, watch, confirm, or see it undone.
//
//   upload -> test -> reset -> is it the one that runs? -> watch it for a while -> healthy? -> confirm
//                                    | no                    | went back              | no: reset, the device goes back
//                                    v                       v                        v
//                                  undone                  undone                   undone
//
// All waiting is the transport's time, so against an emulated board nothing waits. What must stay true: a verdict is read
// from the device, never concluded; an image is confirmed by its hash, so that a device that went back meanwhile
// does not confirm the wrong one.

import { formatVersion, parseImage } from './image/index.ts';
import { type ImageState, type SmpClient, SmpError, type UploadProgress, type UploadResult } from './smp/index.ts';

export type UpdateGoal = 'upload' | 'trial' | 'confirm';
export type UpdateStep = 'upload' | 'mark' | 'reset' | 'watch' | 'confirm' | 'back';

export interface UpdateOptions {
  /** How far to go. */
  goal: UpdateGoal;
  /** What errors call the image: its file, as the person named it. */
  name?: string;
  /** How long a trial is watched before it is confirmed, 5 s by default. */
  watchMs?: number;
  /** How long after that the device may take to call itself healthy, 10 s by default. */
  healthyWithinMs?: number;
  onStep?: (step: UpdateStep) => void;
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

export type Verdict =
  /** In the other slot; nobody asked for it to run. */
  | 'uploaded'
  /** Runs, and goes back unless it is confirmed. */
  | 'on-trial'
  | 'confirmed'
  /** The device would not take it, or not mark it. */
  | 'refused'
  /** It was tried, and the device runs another image again. */
  | 'undone';

export interface UpdateResult {
  verdict: Verdict;
  version: string;
  hash: Uint8Array;
  upload: UploadResult | undefined;
  /** The image that runs now; undefined in safe mode or when nothing was asked. */
  running: ImageState | undefined;
  /** Why it was refused or not confirmed: the device's own error, and at which step. */
  refusal: SmpError | undefined;
  refusedAt: UpdateStep | undefined;
  /** Statistics `boot` of the device after the trial, where it has them. */
  boot: Record<string, number> | undefined;
  /** Health word when it was not confirmed, where the device has one. */
  health: number | undefined;
}

const POLL_MS = 250;
const MARK_TIMEOUT_MS = 10_000;

/** Throws an `ImageError` for a file that is no image, an `SmpError` when the device cannot be talked to. */
export async function updateDevice(
  client: SmpClient,
  image: Uint8Array,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { header, hash } = parseImage(image, options.name);
  if (hash === undefined) throw new SmpError('argument', 'update: the image has no SHA256 TLV; sign it');
  return new Update(client, image, hash, formatVersion(header.version), options).run();
}

class Update {
  private readonly client: SmpClient;
  private readonly image: Uint8Array;
  private readonly hash: Uint8Array;
  private readonly options: UpdateOptions;
  private readonly result: UpdateResult;
  private at: UpdateStep = 'upload';

  constructor(client: SmpClient, image: Uint8Array, hash: Uint8Array, version: string, options: UpdateOptions) {
    this.client = client;
    this.image = image;
    this.hash = hash;
    this.options = options;
    const nothing = {
      upload: undefined,
      running: undefined,
      refusal: undefined,
      refusedAt: undefined,
      boot: undefined,
      health: undefined,
    };
    this.result = { verdict: 'uploaded', version, hash, ...nothing };
  }

  async run(): Promise<UpdateResult> {
    const { goal, signal } = this.options;
    const running = await this.running();
    if (!this.isOurs(running)) {
      if (!(await this.taken(() => this.upload())) || goal === 'upload') return this.result;
      this.step('mark');
      const mark = () => this.client.imageTest(this.hash, { signal, timeoutMs: MARK_TIMEOUT_MS });
      if (!(await this.taken(mark))) return this.result;
      await this.reset();
      if (!this.isOurs(await this.running())) return this.end('undone');
    } else if (running?.confirmed) {
      return this.end('confirmed');
    }
    if (goal !== 'confirm') return this.end('on-trial');
    return (await this.watch()) ? this.confirm() : this.end('undone');
  }

  private async upload(): Promise<void> {
    this.step('upload');
    const { onProgress, signal } = this.options;
    const upload = await this.client.upload(this.image, { onProgress, signal });
    this.result.upload = upload;
    if (upload.matched === false) {
      throw new SmpError('malformed', 'upload: the device has other bytes than were sent; upload the image again');
    }
  }

  /** Does something the device may refuse; false when it did. */
  private async taken(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof SmpError) || error.kind !== 'device') throw error;
      this.result.refusal = error;
      this.result.refusedAt = this.at;
      this.result.verdict = 'refused';
      return false;
    }
  }

  private async reset(): Promise<void> {
    const { signal } = this.options;
    this.step('reset');
    await this.client.reset({}, { signal });
    await this.client.waitUntilBack({ signal });
  }

  /** Watches the trial; false as soon as another image runs. A device that is silent for a while may be resetting. */
  private async watch(): Promise<boolean> {
    this.step('watch');
    const { transport } = this.client;
    const { watchMs = 5000, signal } = this.options;
    for (const end = transport.nowMs() + watchMs; transport.nowMs() < end; ) {
      if (!this.isOurs(await this.runningWithPatience())) return false;
      await this.client.pause(Math.min(POLL_MS, Math.max(1, end - transport.nowMs())), signal);
    }
    return this.isOurs(await this.runningWithPatience());
  }

  private async confirm(): Promise<UpdateResult> {
    this.step('confirm');
    const { transport } = this.client;
    const { healthyWithinMs = 10_000, signal } = this.options;
    const deadline = transport.nowMs() + healthyWithinMs;
    for (;;) {
      const confirmed = await this.taken(() => this.client.imageConfirm(this.hash, { signal }));
      if (confirmed) return this.end('confirmed');
      if (!this.isOurs(await this.runningWithPatience())) return this.end('undone');
      if (this.result.refusal?.name !== 'IMAGE_CONFIRMATION_DENIED' || transport.nowMs() >= deadline) break;
      await this.client.pause(POLL_MS, signal);
    }
    this.result.health = (await this.statistics('heartbeat'))?.health;
    this.step('back');
    await this.reset();
    return this.end(this.isOurs(await this.running()) ? 'on-trial' : 'undone');
  }

  private async end(verdict: Verdict): Promise<UpdateResult> {
    if (verdict !== 'undone') this.result.refusal = this.result.refusedAt = undefined;
    this.result.verdict = verdict;
    this.result.running = await this.running();
    this.result.boot = await this.statistics('boot');
    return this.result;
  }

  private async running(): Promise<ImageState | undefined> {
    const images = await this.client.imageState({ signal: this.options.signal });
    return images.find(({ active }) => active);
  }

  private async runningWithPatience(): Promise<ImageState | undefined> {
    try {
      return await this.running();
    } catch (error) {
      if (!(error instanceof SmpError) || error.kind === 'device') throw error;
      await this.client.waitUntilBack({ signal: this.options.signal, afterMs: 0 });
      return this.running();
    }
  }

  /** Undefined on devices without this set of statistics. */
  private async statistics(name: string): Promise<Record<string, number> | undefined> {
    try {
      return await this.client.statRead(name, { signal: this.options.signal });
    } catch (error) {
      if (error instanceof SmpError && error.kind === 'device') return undefined;
      throw error;
    }
  }

  private isOurs(running: ImageState | undefined): boolean {
    return running?.hash !== undefined && Buffer.compare(running.hash, this.hash) === 0;
  }

  private step(step: UpdateStep): void {
    this.at = step;
    this.options.onStep?.(step);
  }
}
