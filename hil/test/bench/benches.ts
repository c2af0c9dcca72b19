// What can be measured: one file each, by the name that `make bench` calls it.

import { benchBoard } from './board.ts';
import { benchCalibrateAll } from './calibrate-all.ts';
import { benchCampaign } from './campaign.ts';
import { benchColdBoot } from './cold-boot.ts';
import { benchCryostat } from './cryostat.ts';
import { benchCrypto } from './crypto.ts';
import { benchDurable } from './durable.ts';
import { benchFleet } from './fleet.ts';
import { benchHilLibrary } from './hil-library.ts';
import { benchIdleSpeed } from './idle-speed.ts';
import { benchLinks } from './links.ts';
import { benchMetering } from './metering.ts';
import { benchMuxDay } from './mux-day.ts';
import { benchMuxPlan } from './mux-plan.ts';
import { benchMuxSlots } from './mux-slots.ts';
import { benchPowerCuts } from './power-cuts.ts';
import { benchPulse } from './pulse.ts';
import { benchReadout } from './readout.ts';
import type { BenchRow } from './row.ts';
import { benchTelemetry } from './telemetry.ts';
import { benchUpload } from './upload.ts';

export const benches: Record<string, () => Promise<BenchRow[]>> = {
  crypto: benchCrypto,
  board: benchBoard,
  metering: benchMetering,
  'cold-boot': benchColdBoot,
  'power-cuts': benchPowerCuts,
  pulse: benchPulse,
  cryostat: benchCryostat,
  'mux-plan': benchMuxPlan,
  'mux-slots': benchMuxSlots,
  'mux-day': benchMuxDay,
  readout: benchReadout,
  'calibrate-all': benchCalibrateAll,
  'idle-speed': benchIdleSpeed,
  'hil-library': benchHilLibrary,
  campaign: benchCampaign,
  links: benchLinks,
  telemetry: benchTelemetry,
  fleet: benchFleet,
  upload: benchUpload,
  durable: benchDurable,
};
