// What a cryostat is, as data. Files are YAML (fridge-file.ts reads them); presets/ has three.

import type { SensorType } from '../../../protocol/sensors/curves.ts';
import type { DilutionData } from './dilution.ts';
import type { PulseTubeData } from './pulse-tube.ts';
import type { StageName } from './stages.ts';
import type { Line } from './wiring.ts';

export interface StageData {
  name: StageName;
  /** As copper; the helium of still and mixing chamber comes on top. */
  copperKilograms: number;
  /** Helium in this stage: J/K for the still, moles of ³He for the mixing chamber, otherwise 0. */
  helium: number;
  /** Cable from the stage above. */
  cableMetres: number;
  /** Heat nobody has attributed to anything listed here: supports, radiation through gaps, the unit's own plumbing. */
  unattributedWatts: number;
  /** Area and emissivity of the shield this stage holds, seen by the next warmer one. */
  radiation: { squareMetres: number; emissivity: number };
  /** Highest temperature at which the stage does its work; `capacity` is stated there. */
  limitKelvin: number;
  /** Above it, things come to harm or the fridge loses its mixture; an experiment must be safe before. */
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
  /** How long the regulator takes to answer a step of load. */
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
  /** Half the swing of the pulse tube at 1.4 Hz where the sensor sits. */
  rippleKelvin: number;
}

export interface Fridge {
  name: string;
  about: string;
  stages: StageData[];
  pulseTube: PulseTubeData;
  /** Radiation, supports and regenerator from 50K to 4K: W/K about a 50K plate of so many kelvin. */
  crossLink: { wattsPerKelvin: number; aboutKelvin: number };
  /** Between 4K and everything colder while cooling down. */
  heatSwitchWattsPerKelvin: number;
  dilution: DilutionData | undefined;
  /** Heaters the operator leaves on, in watts by stage index. */
  operatingWatts: number[];
  lines: Line[];
  sensors: SensorData[];
  rails: RailData[];
  references: [ReferenceData, ReferenceData];
  connectors: ConnectorData[];
}
