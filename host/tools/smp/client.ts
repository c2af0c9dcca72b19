// The commands of the SMP client: one typed method per command, with the bodies of Zephyr's SMP specification.
// What must stay true: a request is sent twice only if it does no harm when it arrives twice. A reset is sent once: a second one would end the
// trial of the image that the first one started.

import { EnumCommand, ImgCommand, OsCommand, SmpGroup, StatCommand } from '../../../protocol/smp/smp.ts';
import { type CborMap, encodeBody } from './cbor.ts';
import { SmpError } from './error.ts';
import { Fields } from './fields.ts';
import { headerSize } from './message.ts';
import { openTarget } from './open-target.ts';
import { type Command, type RequestOptions, type SessionOptions, SmpSession } from './session.ts';
import type { Target } from './target.ts';
import { uploadImage } from './upload.ts';
import type { UploadOptions, UploadResult } from './upload-plan.ts';

export interface SmpParameters {
  /** The largest message that the device accepts, with its header. */
  bufferSize: number;
  /** How many messages it can store. */
  bufferCount: number;
}

export interface TaskStatistics {
  priority: number;
  id: number;
  state: number;
  stackSize: number;
  stackUsed: number;
  runtime: number | undefined;
  contextSwitches: number | undefined;
}

export interface ImageState {
  /** Only on devices with several images. */
  image: number | undefined;
  slot: number;
  version: string;
  /** The hash in the image (not of the file); undefined when the device does not give it. */
  hash: Uint8Array | undefined;
  bootable: boolean;
  pending: boolean;
  confirmed: boolean;
  active: boolean;
  permanent: boolean;
}

export interface SlotInfo {
  image: number;
  slot: number;
  size: number;
  uploadImageId: number | undefined;
}

export interface BootloaderInfo {
  bootloader: string;
  /** The upgrade mode of MCUboot, when the device gives it. */
  mode: number | undefined;
}

export interface EnumDetails {
  group: number;
  name: string | undefined;
  handlers: number | undefined;
}

const os = (what: string, command: number, write = false): Command => ({ what, group: SmpGroup.OS, command, write });
const img = (what: string, command: number, write = false): Command => ({ what, group: SmpGroup.IMG, command, write });
const stat = (what: string, command: number): Command => ({ what, group: SmpGroup.STAT, command, write: false });
const enumeration = (what: string, command: number): Command => ({
  what,
  group: SmpGroup.ENUM,
  command,
  write: false,
});
// Devices without the command have at least this much (Zephyr's default network buffer).
const assumedParameters: SmpParameters = { bufferSize: 384, bufferCount: 1 };
// Erasing 512 KiB takes six seconds here and half a minute on slow parts.
const eraseTimeoutMs = 60_000;
/** Between two tries to reach a device that is away. */
const RETRY_MS = 100;

export class SmpClient extends SmpSession {
  #parameters: SmpParameters | undefined;

  /** Opens a target (`udp://host:port`, `serial://…`) and makes a client that owns it. */
  static async open(target: string | Target, options: SessionOptions & { signal?: AbortSignal } = {}) {
    return new SmpClient(await openTarget(target, { signal: options.signal }), options);
  }

  async echo(text: string, options?: RequestOptions): Promise<string> {
    const command = os('echo', OsCommand.ECHO, true);
    await this.#checkRoom(headerSize + encodeBody({ d: text }).length, options);
    return new Fields(await this.request(command, { d: text }, options), 'echo').text('r');
  }

  /** Too large a message is refused here: what a device answers is that it was damaged, or nothing. What every device takes is not asked about. */
  async #checkRoom(messageBytes: number, options?: RequestOptions): Promise<void> {
    if (messageBytes <= assumedParameters.bufferSize) return;
    const { bufferSize } = await this.paramsOrAssumed(options);
    const most = Math.min(bufferSize - this.transport.overhead, this.transport.maximumMessage);
    if (messageBytes <= most) return;
    const text = `the text makes a message of ${messageBytes} bytes, and the device takes ${most}`;
    throw new SmpError('argument', `echo: ${text}; send a shorter one`);
  }

  /** What the device takes at once. Asked once, then remembered. */
  async params(options?: RequestOptions): Promise<SmpParameters> {
    if (this.#parameters) return this.#parameters;
    const fields = new Fields(await this.request(os('parameters', OsCommand.PARAMS), {}, options), 'parameters');
    this.#parameters = { bufferSize: fields.count('buf_size'), bufferCount: fields.count('buf_count') };
    return this.#parameters;
  }

  /** Like `params`, with cautious assumptions for a device that does not know the command. */
  async paramsOrAssumed(options?: RequestOptions): Promise<SmpParameters> {
    try {
      return await this.params(options);
    } catch (error) {
      if (!(error instanceof SmpError) || error.kind !== 'device') throw error;
      this.#parameters = assumedParameters;
      return assumedParameters;
    }
  }

  async taskstat(options?: RequestOptions): Promise<Record<string, TaskStatistics>> {
    const body = await this.request(os('task statistics', OsCommand.TASKSTAT), {}, options);
    const tasks = new Fields(body, 'task statistics').map('tasks');
    const entries = tasks.keys().map((name): [string, TaskStatistics] => [name, taskOf(tasks.map(name))]);
    return Object.fromEntries(entries);
  }

  /** `format`: letters of Zephyr's `uname`, `a` for all. */
  async appInfo(format?: string, options?: RequestOptions): Promise<string> {
    const body = await this.request(os('application info', OsCommand.INFO), { format }, options);
    return new Fields(body, 'application info').text('output');
  }

  async bootloaderInfo(options?: RequestOptions): Promise<BootloaderInfo> {
    const command = os('bootloader info', OsCommand.BOOTLOADER_INFO);
    const bootloader = new Fields(await this.request(command, {}, options), 'bootloader info').text('bootloader');
    try {
      const mode = new Fields(await this.request(command, { query: 'mode' }, options), 'bootloader info').integer(
        'mode',
      );
      return { bootloader, mode };
    } catch (error) {
      if (error instanceof SmpError && error.kind === 'device') return { bootloader, mode: undefined };
      throw error;
    }
  }

  /** Sent once only. The device answers first and resets a moment later; see `waitUntilBack`. */
  async reset(settings: { force?: boolean; bootMode?: number } = {}, options?: RequestOptions): Promise<void> {
    const body = { force: settings.force ? 1 : undefined, boot_mode: settings.bootMode };
    await this.request(os('reset', OsCommand.RESET, true), body, {
      resendAfterMs: Number.POSITIVE_INFINITY,
      ...options,
    });
  }

  /** Waits until the device answers again after a reset. `afterMs`: how long it still answers before it resets. */
  async waitUntilBack(options: { signal?: AbortSignal; timeoutMs?: number; afterMs?: number } = {}): Promise<void> {
    const { signal, timeoutMs = 30_000, afterMs = 500 } = options;
    const { transport } = this;
    const deadline = transport.nowMs() + timeoutMs;
    await this.pause(afterMs, signal);
    for (;;) {
      try {
        await this.echo('', { signal, timeoutMs: Math.max(0, Math.min(1000, deadline - transport.nowMs())) });
        return;
      } catch (error) {
        if (!(error instanceof SmpError) || (error.kind !== 'timeout' && error.kind !== 'link')) throw error;
        if (transport.nowMs() + RETRY_MS >= deadline)
          throw new SmpError(error.kind, `the device did not come back in ${timeoutMs} ms: ${error.message}`);
        await this.pause(RETRY_MS, signal);
      }
    }
  }

  /** Lets time of the transport pass. Messages that arrive meanwhile are dropped, because no request waits for them. */
  pause(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.exclusively(async () => {
      const end = this.transport.nowMs() + durationMs;
      while (this.transport.nowMs() < end) await this.transport.receive(end - this.transport.nowMs(), signal);
    });
  }

  async imageState(options?: RequestOptions): Promise<ImageState[]> {
    return imagesOf(await this.request(img('image state', ImgCommand.STATE), {}, options));
  }

  /** Marks an image for a trial at the next reset. */
  async imageTest(hash: Uint8Array, options?: RequestOptions): Promise<ImageState[]> {
    const body = { hash, confirm: false };
    return imagesOf(await this.request(img('image test', ImgCommand.STATE, true), body, options));
  }

  /** Confirms the running image, or the one with this hash. */
  async imageConfirm(hash?: Uint8Array, options?: RequestOptions): Promise<ImageState[]> {
    const body = { hash, confirm: true };
    return imagesOf(await this.request(img('image confirm', ImgCommand.STATE, true), body, options));
  }

  /** Uploads an image: continues an earlier upload of the same file, and keeps the buffers of the device full. */
  upload(bytes: Uint8Array, options?: UploadOptions): Promise<UploadResult> {
    return uploadImage(this, bytes, options);
  }

  /** `slot` left out: the device chooses, and does not say which; see erased-slot.ts. */
  async erase(slot?: number, options?: RequestOptions): Promise<void> {
    const patience = { timeoutMs: eraseTimeoutMs, resendAfterMs: eraseTimeoutMs / 3, ...options };
    await this.request(img('erase', ImgCommand.ERASE, true), { slot }, patience);
  }

  async slotInfo(options?: RequestOptions): Promise<SlotInfo[]> {
    const body = await this.request(img('slot info', ImgCommand.SLOT_INFO), {}, options);
    return new Fields(body, 'slot info').maps('images').flatMap((image) =>
      image.maps('slots').map((slot) => ({
        image: image.count('image'),
        slot: slot.count('slot'),
        size: slot.count('size'),
        uploadImageId: slot.optionalCount('upload_image_id'),
      })),
    );
  }

  async statList(options?: RequestOptions): Promise<string[]> {
    const body = await this.request(stat('statistics list', StatCommand.LIST), {}, options);
    const names = new Fields(body, 'statistics list').list('stat_list');
    return names.map((name, index) => new Fields({ [index]: name }, 'statistics list').text(String(index)));
  }

  async statRead(name: string, options?: RequestOptions): Promise<Record<string, number>> {
    const body = await this.request(stat(`statistics '${name}'`, StatCommand.READ), { name }, options);
    const fields = new Fields(body, `statistics '${name}'`).map('fields');
    return Object.fromEntries(fields.keys().map((key) => [key, fields.count(key)]));
  }

  async enumCount(options?: RequestOptions): Promise<number> {
    const body = await this.request(enumeration('group count', EnumCommand.COUNT), {}, options);
    return new Fields(body, 'group count').count('count');
  }

  async enumList(options?: RequestOptions): Promise<number[]> {
    const body = await this.request(enumeration('group list', EnumCommand.LIST), {}, options);
    const groups = new Fields(body, 'group list').list('groups');
    return groups.map((group, index) => new Fields({ [index]: group }, 'group list').count(String(index)));
  }

  async enumSingle(index: number, options?: RequestOptions): Promise<{ group: number; end: boolean }> {
    const body = await this.request(enumeration('group by index', EnumCommand.SINGLE), { index }, options);
    const fields = new Fields(body, 'group by index');
    return { group: fields.count('group'), end: fields.flag('end') };
  }

  async enumDetails(groups?: number[], options?: RequestOptions): Promise<EnumDetails[]> {
    const body = await this.request(enumeration('group details', EnumCommand.DETAILS), { groups }, options);
    return new Fields(body, 'group details').maps('groups').map((group) => ({
      group: group.count('group'),
      name: group.has('name') ? group.text('name') : undefined,
      handlers: group.optionalCount('handlers'),
    }));
  }
}

function taskOf(task: Fields): TaskStatistics {
  return {
    priority: task.integer('prio'),
    id: task.integer('tid'),
    state: task.integer('state'),
    stackSize: task.count('stksiz'),
    stackUsed: task.count('stkuse'),
    runtime: task.optionalCount('runtime'),
    contextSwitches: task.optionalCount('cswcnt'),
  };
}

function imagesOf(body: CborMap): ImageState[] {
  return new Fields(body, 'image state').maps('images').map((image) => ({
    image: image.optionalCount('image'),
    slot: image.count('slot'),
    version: image.text('version'),
    hash: image.has('hash') ? image.bytes('hash') : undefined,
    bootable: image.flag('bootable'),
    pending: image.flag('pending'),
    confirmed: image.flag('confirmed'),
    active: image.flag('active'),
    permanent: image.flag('permanent'),
  }));
}
