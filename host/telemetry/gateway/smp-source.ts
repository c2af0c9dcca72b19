// The records of a device that is reached by SMP (group 69).
//
// What must stay true: a read acknowledges exactly what it was told is durable; a device that answers no more is opened anew by the next call.

import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { TelemetryError as TelemetryErrorCode } from '../../../protocol/smp/telemetry.ts';
import { readFuseReport } from '../../tools/smp/boot-group.ts';
import { SmpClient } from '../../tools/smp/client.ts';
import { SmpError } from '../../tools/smp/error.ts';
import { parseTarget } from '../../tools/smp/target.ts';
import { readTelemetry } from '../../tools/telemetry/client.ts';
import { type Claim, claimOf } from '../calibration/claim-watch.ts';
import type { RecordNumber } from '../log/record-log.ts';
import { type DeviceAnswer, RecordNotMade, type TelemetrySource } from './source.ts';

export class SmpSource implements TelemetrySource {
  readonly target: string;
  readonly cryostat: string;
  private readonly timeoutMs: number;
  private client: SmpClient | undefined;

  /** Throws an SmpError where the target is none. */
  constructor(target: string, cryostat: string, timeoutMs = 3_000) {
    parseTarget(target);
    this.target = target;
    this.cryostat = cryostat;
    this.timeoutMs = timeoutMs;
  }

  async identify(signal: AbortSignal): Promise<string> {
    return this.asking(signal, async (client) =>
      Buffer.from((await readFuseReport(client, { signal })).serial).toString('hex'),
    );
  }

  async read(after: RecordNumber | undefined, signal: AbortSignal): Promise<DeviceAnswer> {
    return this.asking(signal, async (client) => {
      try {
        return await readTelemetry(client, { position: after, acknowledges: after !== undefined }, { signal });
      } catch (error) {
        const isRefused = error instanceof SmpError && error.group === SmpGroup.TELEMETRY;
        if (!isRefused || error.code !== TelemetryErrorCode.NOT_TOLD) throw error;
        throw new RecordNotMade(`it has made no record ${after?.boot}/${after?.sequence}`);
      }
    });
  }

  async claim(signal: AbortSignal): Promise<Claim> {
    return this.asking(signal, (client) => claimOf(client, signal));
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.close();
  }

  private async asking<Answer>(signal: AbortSignal, ask: (client: SmpClient) => Promise<Answer>): Promise<Answer> {
    try {
      this.client ??= await SmpClient.open(this.target, { timeoutMs: this.timeoutMs, signal });
      return await ask(this.client);
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }
}
