// What trusted metadata says of a file that a server offers, and whether the offer is that file.

import type { Artifact } from '../ddi/wire.ts';
import type { ExpectedImage } from './device.ts';

/** Trusted metadata of what a server offers. */
export interface ReleaseMetadata {
  /** Rejects with a MetadataRefusal when the metadata does not know this file, or is not to be trusted. */
  expected(artifact: Artifact, signal: AbortSignal): Promise<ExpectedImage & { sha256?: string; bytes?: number }>;
}

export class MetadataRefusal extends Error {
  override readonly name = 'MetadataRefusal';
}

/** Throws a MetadataRefusal. */
export function checkArtifact(artifact: Artifact, { sha256, bytes }: { sha256?: string; bytes?: number }): void {
  if (sha256 !== undefined && artifact.sha256 !== undefined && sha256 !== artifact.sha256)
    throw new MetadataRefusal(`the server offers ${artifact.sha256}, the metadata says ${sha256}`);
  if (bytes !== undefined && bytes !== artifact.bytes)
    throw new MetadataRefusal(`the server offers ${artifact.bytes} bytes, the metadata says ${bytes}`);
}
