// One update of a device over SMP, from file to verdict: upload, mark for a trial, reset, watch, confirm, or see it rolled back.
//
//   upload -> test -> reset -> is it the one that runs? -> watch it for a while -> healthy? -> confirm -> look again
//                                    | no                    | went back              | no: reset, the device goes back
//                                    v                       v                        v
//                                  rolled back             rolled back              rolled back
//
// All waiting is in the time of the transport, so with an emulated board nothing really waits. What must stay true: the verdict is read from the
// device after all commands, and never derived from the commands; a reset while an image is watched starts the watch again; an image is confirmed
// by its hash, so that a device that has rolled back meanwhile does not confirm the wrong image.

import { RESET } from '../../protocol/generated/registers.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { DeviceHistory, isSilence } from './device-history.ts';
import { formatVersion, ImageError, parseImage, verifyImage } from './image/index.ts';
import { sendToken } from './smp/boot-group.ts';
import { type ImageState, type SmpClient, SmpError, type UploadProgress } from './smp/index.ts';
import { nothingYet, type UpdateResult, type UpdateStep } from './update-result.ts';

export type UpdateGoal = 'upload' | 'trial' | 'confirm';

export interface UpdateOptions {
  /** How far to go. */
  goal: UpdateGoal;
  /** The name of the image in errors: its file, as given by the user. */
  name?: string;
  /** How long a trial is watched: by default 5 s before a confirm, and not at all for a trial only. */
  watchMs?: number;
  /** How long after that the device may take to become healthy, 10 s by default. */
  healthyWithinMs?: number;
  /** An image that the device has in a slot, and finds good, is not sent again: a device that is reset again and again may not live long enough to take it. */
  takesStored?: boolean;
  /** Downgrade token for the image, sent once the device has it. */
  token?: Uint8Array;
  onStep?: (step: UpdateStep) => void;
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

const ResetCause = RESET.registers.CAUSE.fields.CAUSE.values;
const POLL_MS = 250;
const MARK_TIMEOUT_MS = 10_000;
/** After so many resets during the watch, an image counts as failing even if it still runs. A trial has fewer boots than that. */
const RESETS_MOST = 3;

/** Throws an `ImageError` for a file that is no image, an `SmpError` when the device cannot be talked to before anything was changed. */
export async function updateDevice(
  client: SmpClient,
  image: Uint8Array,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { header, hash } = parseImage(image, options.name);
  if (hash === undefined) {
    const text = `${options.name ?? 'the image'} has no SHA-256 hash, by which an image is named over SMP`;
    throw new ImageError('HASH_MISSING', `${text}; sign it with imgtool's default for Ed25519 (no --sha, no --pure)`);
  }
  checkRoom(image, options.name);
  return new Update(client, image, nothingYet(formatVersion(header.version), hash), options).run();
}

/** Refused here before a byte is sent; the device would do so with the first chunk. */
function checkRoom(image: Uint8Array, name = 'the image'): void {
  const { IMAGE_SIZE_MAX, SLOT_SIZE } = MemoryMap;
  if (image.length <= IMAGE_SIZE_MAX || image.length === SLOT_SIZE) return;
  const text = `${name}: the file has ${image.length} bytes; a slot has room for ${IMAGE_SIZE_MAX} in front of its trailer`;
  throw new ImageError('IMAGE_SIZE', `${text}, or for a file padded to ${SLOT_SIZE}`, IMAGE_SIZE_MAX);
}

class Update {
  private readonly client: SmpClient;
  private readonly image: Uint8Array;
  private readonly options: UpdateOptions;
  private readonly result: UpdateResult;
  private readonly history: DeviceHistory;
  private at: UpdateStep = 'upload';

  constructor(client: SmpClient, image: Uint8Array, result: UpdateResult, options: UpdateOptions) {
    this.client = client;
    this.image = image;
    this.options = options;
    this.result = result;
    this.history = new DeviceHistory(client, options.signal);
  }

  async run(): Promise<UpdateResult> {
    await this.history.begin();
    const isThere = this.isOurs(await this.running());
    if (!isThere && !(await this.isMarkedAsStored()) && !(await this.sent())) return this.end();
    if (!isThere && this.options.goal === 'upload') return this.end();
    try {
      if (!isThere) await this.reset();
      await this.prove(isThere);
      return await this.end();
    } catch (error) {
      // From the reset on, silence is a behaviour of the device, and not a failed request.
      if (!isSilence(error) || this.at === 'upload' || this.at === 'mark') throw error;
      this.result.verdict = 'silent';
      this.result.silence = error;
      return this.result;
    }
  }

  /** Whether the device has the image in a slot, and has marked it there. */
  private async isMarkedAsStored(): Promise<boolean> {
    const { takesStored, goal } = this.options;
    if (!takesStored || goal === 'upload' || this.look(await this.history.images()) === undefined) return false;
    return this.isMarked();
  }

  /** Uploads the image and, unless that is the goal, marks it for the trial; false when the device refuses. */
  private async sent(): Promise<boolean> {
    if (!(await this.taken(() => this.upload()))) return false;
    return this.isMarked();
  }

  private async isMarked(): Promise<boolean> {
    const { token, signal, goal } = this.options;
    if (token !== undefined && !(await this.taken(() => sendToken(this.client, token, { signal })))) return false;
    if (goal === 'upload') return true;
    this.step('mark');
    return this.taken(async () =>
      this.look(await this.client.imageTest(this.result.hash, { signal, timeoutMs: MARK_TIMEOUT_MS })),
    );
  }

  /** Watches the running image for the time of the goal, and confirms it when that is the goal. */
  private async prove(isThere: boolean): Promise<void> {
    const { goal, watchMs = goal === 'confirm' ? 5000 : 0 } = this.options;
    const running = await this.running();
    if (!this.isOurs(running)) return;
    // A confirmed and healthy image needs nothing.
    if (isThere && running?.confirmed && (goal !== 'confirm' || (await this.isWell()))) return;
    if (watchMs > 0 && !(await this.watch(watchMs))) return;
    if (goal === 'confirm' && !(await this.running())?.confirmed) await this.confirm();
  }

  private async upload(): Promise<void> {
    this.step('upload');
    const { onProgress, signal } = this.options;
    const upload = await this.client.upload(this.image, { onProgress, signal });
    this.result.upload = upload;
    // Of two uploads at once the comparison may be about the other file, so the list has to have this one. A device of ours always compares.
    const isCompared = upload.matched === true || !this.history.keepsBootLog;
    if (isCompared && this.look(await this.history.images()) !== undefined) return;
    throw new SmpError('device', `upload: the device has taken all bytes, but ${this.whyNotThere(isCompared)}`);
  }

  /** A device does not list an image whose header it refuses: in that case there is no other client. */
  private whyNotThere(isCompared: boolean): string {
    const { reason, message } = verifyImage(this.image, [], { name: this.options.name });
    // Without a key the check of a good image ends at this reason.
    if (isCompared && reason !== 'KEY_UNKNOWN') return `does not list them as an image: ${message}`;
    return 'not as this file; another client uploads at the same time, so end that and upload it again';
  }

  /** Sends a command that the device may refuse; false when it did. */
  private async taken(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      this.result.refusal = this.result.refusedAt = undefined;
      return true;
    } catch (error) {
      if (!(error instanceof SmpError) || error.kind !== 'device') throw error;
      this.result.refusal = error;
      this.result.refusedAt = this.at;
      return false;
    }
  }

  /** When the answer to a reset was lost, the image that runs afterwards shows whether the reset was done. */
  private async reset(): Promise<void> {
    const { signal } = this.options;
    this.step('reset');
    await this.client.reset({}, { signal }).catch(passSilence);
    await this.client.waitUntilBack({ signal });
  }

  /** Watches the image; false when another one runs, or when it was reset too often meanwhile. */
  private async watch(watchMs: number): Promise<boolean> {
    this.step('watch');
    const { transport } = this.client;
    let resets = await this.resetsSoFar();
    const atFirst = resets;
    for (let end = transport.nowMs() + watchMs; ; ) {
      if (!this.isOurs(await this.running())) return false;
      const left = end - transport.nowMs();
      if (left > 0) {
        await this.client.pause(Math.min(POLL_MS, Math.max(1, left)), this.options.signal);
        continue;
      }
      const now = await this.resetsSoFar();
      this.result.resets = now - atFirst;
      if (now === resets) return true;
      if (now - atFirst >= RESETS_MOST) return false;
      resets = now;
      end = transport.nowMs() + watchMs;
    }
  }

  /** From the boot log when there is one, else as often as the device was silent. */
  private async resetsSoFar(): Promise<number> {
    return (await this.history.boots())?.length ?? this.history.silences;
  }

  /** Whether nothing speaks against an image that was confirmed before: it is healthy, and did not just reset itself. */
  private async isWell(): Promise<boolean> {
    const health = (await this.history.statistics('heartbeat'))?.health ?? 0;
    const cause = (await this.history.newest())?.cause;
    return health === 0 && cause !== ResetCause.WATCHDOG && cause !== ResetCause.FAULT;
  }

  private async confirm(): Promise<void> {
    this.step('confirm');
    const { transport } = this.client;
    const { healthyWithinMs = 10_000, signal } = this.options;
    const deadline = transport.nowMs() + healthyWithinMs;
    for (;;) {
      // When the answer to a confirm was lost, the image list shows whether it was done.
      if (await this.taken(() => this.client.imageConfirm(this.result.hash, { signal }).catch(passSilence))) {
        const running = await this.running();
        if (!this.isOurs(running) || running?.confirmed) return;
      } else if (!this.isOurs(await this.running())) return;
      if (!this.mayBeConfirmedLater() || transport.nowMs() >= deadline) {
        this.result.health = (await this.history.statistics('heartbeat'))?.health;
        this.step('back');
        return this.reset();
      }
      await this.client.pause(POLL_MS, signal);
    }
  }

  private mayBeConfirmedLater(): boolean {
    const { refusal } = this.result;
    return refusal === undefined || refusal.name === 'IMAGE_CONFIRMATION_DENIED';
  }

  /** The verdict, from what the device reports now. */
  private async end(): Promise<UpdateResult> {
    const { result } = this;
    const ours = this.look(await this.history.images());
    result.boots = await this.history.boots();
    result.boot = await this.history.statistics('boot');
    const fault = await this.history.fault();
    result.fault = fault !== undefined && fault.count > 0 ? fault : undefined;
    if (ours?.active) result.health ??= (await this.history.statistics('heartbeat'))?.health;
    result.reason = await this.reasonAgainst(ours);
    result.verdict = this.verdict(ours);
    result.confirmsItself = result.verdict === 'on-trial' && (await this.history.confirmsItself(result.hash));
    return result;
  }

  private verdict(ours: ImageState | undefined): UpdateResult['verdict'] {
    const { refusal, refusedAt, resets } = this.result;
    if (refusal !== undefined && (refusedAt === 'upload' || refusedAt === 'mark')) return 'refused';
    if (ours?.active) {
      if (resets >= RESETS_MOST) return 'failing';
      return ours.confirmed ? 'confirmed' : 'on-trial';
    }
    const wasTried = this.options.goal !== 'upload' && !ours?.pending;
    return wasTried ? 'rolled-back' : 'uploaded';
  }

  /** What the device keeps against the image in its slot, by its boot state; a mark that failed has its own error. */
  private async reasonAgainst(ours: ImageState | undefined): Promise<number> {
    const slot = ours?.slot ?? this.result.slot;
    if (slot !== 0 && slot !== 1) return 0;
    const slots = await this.history.statistics('slots');
    return slots?.[slot === 0 ? 'a_reason' : 'b_reason'] ?? 0;
  }

  private async running(): Promise<ImageState | undefined> {
    const images = await this.history.images();
    this.look(images);
    return images.find(({ active }) => active);
  }

  /** Stores what a list of images says about ours; when both slots have it, the running one counts. */
  private look(images: ImageState[]): ImageState | undefined {
    const { result } = this;
    result.running = images.find(({ active }) => active);
    const ours = images.filter((image) => this.isOurs(image)).sort((a, b) => Number(b.active) - Number(a.active))[0];
    if (ours === undefined) return undefined;
    result.slot = ours.slot;
    result.waiting = ours.pending ? (ours.permanent ? 'permanent' : 'trial') : 'unmarked';
    return ours;
  }

  private isOurs(image: ImageState | undefined): boolean {
    return image?.hash !== undefined && Buffer.compare(image.hash, this.result.hash) === 0;
  }

  private step(step: UpdateStep): void {
    this.at = step;
    this.options.onStep?.(step);
  }
}

function passSilence(error: unknown): void {
  if (!isSilence(error)) throw error;
}
