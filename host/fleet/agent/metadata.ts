// What trusted metadata says of a file that a server offers, and whether the offer is that file.

import type { Time } from '../../telemetry/time.ts';
import type { Artifact } from '../ddi/wire.ts';
import type { ExpectedImage } from './device.ts';

/** Trusted metadata of what a server offers. */
export interface ReleaseMetadata {
  /**
   * Rejects with a MetadataRefusal when the metadata does not know this file, or is not to be trusted; with a MetadataUnready when that says nothing yet;
   * otherwise it cannot be reached.
   */
  expected(artifact: Artifact, signal: AbortSignal): Promise<ExpectedImage & { sha256?: string; bytes?: number }>;
}

/**
 * For so long the metadata may refuse a file before that counts: a repository that is being published does not fit together for a moment, after a crash of who
 * publishes until that is done again, and a mirror of it is behind.
 */
export const metadataPatienceMs = 3_600_000;

export class MetadataRefusal extends Error {
  override readonly name = 'MetadataRefusal';
}

/** It cannot be trusted now, and may be later: nothing has failed. */
export class MetadataUnready extends Error {
  override readonly name = 'MetadataUnready';
}

/** Turns a refusal into a MetadataUnready until it has lasted for long enough. */
export class Patience {
  private readonly time: Time;
  private refused: { action: number; sinceMs: number } | undefined;

  constructor(time: Time) {
    this.time = time;
  }

  async with<Answer>(action: number, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await ask();
      this.refused = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof MetadataRefusal)) throw error;
      const nowMs = this.time.monotonicMs();
      if (this.refused?.action !== action) this.refused = { action, sinceMs: nowMs };
      if (nowMs - this.refused.sinceMs >= metadataPatienceMs) throw error;
      throw new MetadataUnready(error.message, { cause: error });
    }
  }
}

/** Throws a MetadataRefusal. */
export function checkArtifact(artifact: Artifact, { sha256, bytes }: { sha256?: string; bytes?: number }): void {
  if (sha256 !== undefined && artifact.sha256 !== undefined && sha256 !== artifact.sha256)
    throw new MetadataRefusal(`the server offers ${artifact.sha256}, the metadata says ${sha256}`);
  if (bytes !== undefined && bytes !== artifact.bytes)
    throw new MetadataRefusal(`the server offers ${artifact.bytes} bytes, the metadata says ${bytes}`);
}
