// What somebody is told of: alerts that are there, notifications of groups of them, and incidents of the past.

import type { Severity } from '../../../protocol/telemetry/objectives.ts';

export interface PresentAlert {
  name: string;
  severity: Severity;
  cryostat: string;
  device?: string;
  /** As Alertmanager has them. */
  labels: Readonly<Record<string, string>>;
  /** A sentence for people. */
  summary: string;
  runbook: string;
  sinceSeconds: number;
  /** Why nobody is told: the alert that explains it, or a maintenance window. */
  silencedBy?: string;
  /** What was changed last, of the device or of the cryostat: times since 1970. */
  changed: { image?: string; updateSeconds?: number; calibrationSeconds?: number };
}

export interface Notification {
  severity: Severity;
  cryostat: string;
  seconds: number;
  why: 'new' | 'more' | 'fewer' | 'again' | 'over';
  /** Labels that all alerts of the group have alike. */
  groupLabels: Readonly<Record<string, string>>;
  /** All of the group that fire; none when it is over. */
  alerts: PresentAlert[];
  /** Those that were told, and fire no more. */
  ended: PresentAlert[];
}

export interface Incident {
  name: string;
  severity: Severity;
  cryostat: string;
  labels: Readonly<Record<string, string>>;
  fromSeconds: number;
  /** Left out while it lasts. */
  toSeconds?: number;
}
