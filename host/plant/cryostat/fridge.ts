// The description of a cryostat, as data. fridge-file.ts reads it from YAML; presets/ has three.

import type { SensorType } from '../../../protocol/sensors/curves.ts';
import type { DilutionData } from './dilution.ts';
import type { PulseTubeData } from './pulse-tube.ts';
import type { StageName } from './stages.ts';
import type { Line } from './wiring.ts';

export interface StageData {
  name: StageName;
  /** The mass as copper; the helium of still and mixing chamber is added to it. */
  copperKilograms: number;
  /** Helium in this stage: J/K for the still, moles of ³He for the mixing chamber, otherwise 0. */
  helium: number;
  /** Cable from the stage above. */
  cableMetres: number;
  /** Heat whose source is not listed here: supports, radiation through gaps, the plumbing of the unit. */
  unattributedWatts: number;
  /** Area and emissivity of the shield on this stage, as seen from the next warmer stage. */
  radiation: { squareMetres: number; emissivity: number };
  /** The highest temperature at which the stage fulfils its purpose; `capacity` is given at this temperature. */
  limitKelvin: number;
  /** Above this temperature parts are damaged or the fridge loses its mixture; an experiment must be in a safe state before. */
  safeKelvin: number;
  /** Standard deviation of the slow wander of its load, in watts. */
  driftWatts: number;
}

export interface RailData {
  name: string;
  nominalVolts: number;
  /** Ceramic decoupling at room temperature. */
  capacitanceFarads: number;
  /** Output resistance of the regulator and the wiring. */
  outputOhms: number;
  /** How long the regulator needs to react to a step of load. */
  responseNs: number;
}

export interface ReferenceData {
  name: string;
  offsetPpb: number;
  driftPpbPerHour: number;
}

export interface ConnectorData {
  name: string;
  stage: StageName;
  lossMillidecibel: number;
  /** Scenario values: no field data exist. */
  perMatingMillidecibel: number;
  perCycleMillidecibel: number;
}

export interface SensorData {
  name: string;
  type: SensorType;
  stage: StageName;
  /** Amplitude of the temperature oscillation by the pulse tube (1.4 Hz) at the sensor. */
  rippleKelvin: number;
}

export interface Fridge {
  name: string;
  about: string;
  stages: StageData[];
  pulseTube: PulseTubeData;
  /** Radiation, supports and regenerator from 50K to 4K: W/K, around a temperature of the 50K plate. */
  crossLink: { wattsPerKelvin: number; aboutKelvin: number };
  /** Between 4K and everything colder during a cooldown. */
  heatSwitchWattsPerKelvin: number;
  dilution: DilutionData | undefined;
  /** Heaters that the operator leaves on, in watts by stage index. */
  operatingWatts: number[];
  lines: Line[];
  sensors: SensorData[];
  rails: RailData[];
  references: [ReferenceData, ReferenceData];
  connectors: ConnectorData[];
}
