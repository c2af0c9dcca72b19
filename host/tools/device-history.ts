// What a device says of its past, read with patience: which image runs, its boots since a moment, its health. A device that is not one of
// ours keeps no boot log and no such statistics; then the answer is undefined, never a guess.
//
// What must stay true: asking changes nothing on the device; a device that is silent for a while may be resetting, so it is given time.

import { BootDecision } from '../../protocol/image/boot-state.ts';
import { type LastFault, type LoggedBoot, readBootLog, readLastFault } from './smp/boot-group.ts';
import { type ImageState, type RequestOptions, type SmpClient, SmpError } from './smp/index.ts';

export class DeviceHistory {
  private readonly client: SmpClient;
  private readonly options: RequestOptions;
  /** Number of the newest boot when this history began; undefined where the device keeps no boot log. */
  private since: number | undefined;
  /** Times the device was asked and did not answer, and answered again later. */
  silences = 0;

  constructor(client: SmpClient, signal: AbortSignal | undefined) {
    this.client = client;
    this.options = { signal };
  }

  /** From now on. Nothing was asked of the device yet, so a place where nobody listens is told at once: a board that resets listens on. */
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

  /** Whether the trial under way of this image began as one that confirms itself, as far as the log tells. */
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

/** The answer, or undefined from a device that does not know the question, or means another one by it. */
async function unlessUnknown<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SmpError && (error.kind === 'device' || error.kind === 'malformed')) return undefined;
    throw error;
  }
}

/** Whether an error means that nobody answers, which a device does while it resets. */
export function isSilence(error: unknown): boolean {
  return error instanceof SmpError && (error.kind === 'timeout' || error.kind === 'link');
}
