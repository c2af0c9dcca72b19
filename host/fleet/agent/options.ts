// What an agent is made of, and what it tells.

import type { Time } from '../../telemetry/time.ts';
import type { SmpClient } from '../../tools/smp/index.ts';
import type { UpdateResult } from '../../tools/update-result.ts';
import type { DdiClient } from '../ddi/client.ts';
import type { FlashDoor } from './door.ts';
import type { AgentJournal } from './journal.ts';
import type { ReleaseMetadata } from './metadata.ts';

export type AgentEvent =
  | { event: 'refused' | 'ended'; device: string; action: number; success: boolean; detail: string }
  | { event: 'begun'; device: string; action: number; version: string }
  | { event: 'cancelled'; device: string; action: number; done: boolean; detail: string };

export interface AgentOptions {
  device: string;
  server: DdiClient;
  /** Opens the device anew; it is closed after each turn. */
  open(signal: AbortSignal): Promise<SmpClient>;
  journal: AgentJournal;
  time: Time;
  /** The gateway's door, asked before anything is sent to the device (door.ts). Without: whatever the server wants is sent. */
  door?: FlashDoor;
  /** Without: the image alone is checked. */
  metadata?: ReleaseMetadata;
  /** Of the bootloader; undefined: not known, and the device alone judges. */
  bootloaderVersion?: string;
  watchMs?: number;
  /** How often the server is asked for a cancellation while the device is updated. */
  cancelPollMs?: number;
  /** A verdict in words. */
  words: (result: UpdateResult, bytes: number) => string;
  onEvent?: (event: AgentEvent) => void;
}

export interface Turn {
  /** When the server wants to be asked again; undefined: it did not say. */
  sleepSeconds: number | undefined;
  /** Something was done: there may be more. */
  isBusy: boolean;
}
