// What a chronicle (chronicle.ts) comes to: plain data, for a report and for comparisons.

/** Times are nanoseconds since the scenario began. */
export type Track =
  /** Least and most in each bin; null where nobody looked. */
  | { kind: 'range'; name: string; unit: string; widthNs: number; bins: ([least: number, most: number] | null)[] }
  /** How much in each bin. */
  | { kind: 'amount'; name: string; unit: string; widthNs: number; bins: number[]; total: number }
  /** A state lasts until the next. */
  | { kind: 'states'; name: string; steps: [timeNs: number, state: string][]; leftOut: number }
  | { kind: 'marks'; name: string; marks: [timeNs: number, text: string][]; leftOut: number }
  /** null: it had not ended. */
  | { kind: 'spans'; name: string; spans: [fromNs: number, toNs: number | null, text: string][] };

/** What is compared with another image. */
export interface RunFigures {
  /** Of the management core. */
  cycles: number;
  /** Of any task since a reset, as the heartbeats say; null when there was no heartbeat. */
  leastSlackUs: number | null;
  leastSlackTask: string | null;
  /** What the chip gave to the 4 K plate. */
  heatMillijoules: number;
  heatMilliwatts: number;
  /** Sectors that were erased, and units that were programmed. */
  flashErases: number;
  flashPrograms: number;
  /** From a reset to the hand-over, the longest; null when nothing was handed over. */
  bootMs: number | null;
}

export interface ChronicleData {
  endNs: number;
  tracks: Track[];
  figures: RunFigures;
  log: string[];
}
