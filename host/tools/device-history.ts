// Reads the history of a device: which image runs, its boots since a moment, its health. A device of another vendor has no boot log and no such
// statistics; then the answer is undefined, never a guess.
//
// What must stay true: a read changes nothing on the device; a device that is silent for a while may be in a reset, so it gets time.

import { BootDecision } from '../../protocol/image/boot-state.ts';
import { type LastFault, type LoggedBoot, readBootLog, readLastFault } from './smp/boot-group.ts';
import { type ImageState, type RequestOptions, type SmpClient, SmpError } from './smp/index.ts';

export class DeviceHistory {
  private readonly client: SmpClient;
  private readonly options: RequestOptions;
  /** Number of the newest boot when this history began; undefined when the device has no boot log. */
  private since: number | undefined;
  /** How often the device did not answer, and answered again later. */
  silences = 0;

  constructor(client: SmpClient, signal: AbortSignal | undefined) {
    this.client = client;
    this.options = { signal };
  }

  /** Begins now. This is the first request, so an address without a listener is an error at once: a board in a reset still listens. */
  async begin(): Promise<void> {
    const log = await unlessUnknown(readBootLog(this.client, undefined, this.options));
    this.since = log && (log.boots.at(-1)?.number ?? 0);
  }

  /** Whether the device is one of ours. */
  get keepsBootLog(): boolean {
    return this.since !== undefined;
  }

  /** Boots since `begin`, oldest first. */
  async boots(): Promise<LoggedBoot[] | undefined> {
    if (this.since === undefined) return undefined;
    const boots: LoggedBoot[] = [];
    for (let more = true; more; ) {
      const from: number = (boots.at(-1)?.number ?? this.since) + 1;
      const reply = await this.known(() => readBootLog(this.client, from, this.options));
      if (reply === undefined) return undefined;
      boots.push(...reply.boots);
      more = reply.more && reply.boots.length > 0;
    }
    return boots;
  }

  /** The newest boot of all. */
  async newest(): Promise<LoggedBoot | undefined> {
    return (await this.known(() => readBootLog(this.client, undefined, this.options)))?.boots.at(-1);
  }

  /** Whether the present trial of this image is one that confirms itself, according to the log. */
  async confirmsItself(hash: Uint8Array): Promise<boolean> {
    const log = await this.known(() => readBootLog(this.client, undefined, this.options));
    const others = log?.boots.findLastIndex(({ ran }) => ran === undefined || Buffer.compare(ran.hash, hash) !== 0);
    const trial = log?.boots.slice((others ?? 0) + 1) ?? [];
    return trial.some(({ decision }) => decision === BootDecision.PERMANENT);
  }

  async images(): Promise<ImageState[]> {
    return this.patiently(() => this.client.imageState(this.options));
  }

  fault(): Promise<LastFault | undefined> {
    return this.known(() => readLastFault(this.client, this.options));
  }

  /** Undefined on devices without this set of statistics. */
  statistics(name: string): Promise<Record<string, number> | undefined> {
    return this.known(() => this.client.statRead(name, this.options));
  }

  private known<Result>(question: () => Promise<Result>): Promise<Result | undefined> {
    return unlessUnknown(this.patiently(question));
  }

  private async patiently<Result>(question: () => Promise<Result>): Promise<Result> {
    try {
      return await question();
    } catch (error) {
      if (!isSilence(error)) throw error;
      await this.client.waitUntilBack({ ...this.options, afterMs: 0 });
      this.silences += 1;
      return await question();
    }
  }
}

/** The answer; undefined when the device does not know the command, or has another one with this number. */
async function unlessUnknown<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SmpError && (error.kind === 'device' || error.kind === 'malformed')) return undefined;
    throw error;
  }
}

/** Whether an error means that the device does not answer, as during a reset. */
export function isSilence(error: unknown): error is SmpError {
  return error instanceof SmpError && (error.kind === 'timeout' || error.kind === 'link');
}
