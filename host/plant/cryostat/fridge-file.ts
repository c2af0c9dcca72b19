// Reads a fridge file: YAML in, `Fridge` out, or an error that names file, line and what was expected.
//
// The input is the text, not a path: the caller reads the file. What must stay true: every number has its unit in its key, every key is known,
// and a fridge that was read can be run.

import { Rail, railMillivolts, Signal } from '../../../protocol/plant/places.ts';
import { sensorTypes } from '../../../protocol/sensors/curves.ts';
import type { DilutionData } from './dilution.ts';
import { type Field, parseYaml } from './field.ts';
import type { ConnectorData, Fridge, RailData, ReferenceData, SensorData, StageData } from './fridge.ts';
import { STAGES, type StageName, stageNames } from './stages.ts';
import { readWiring, wiringSections } from './wiring-file.ts';

const sections = [
  ...['fridge', 'about', 'stages', 'pulse_tube', 'cross_link', 'heat_switch_W_per_K', 'dilution', 'operating_heat_W'],
  ...['sensors', 'controller', 'components', ...wiringSections],
] as const;

/** In the order of their numbers. */
const railNames = Object.keys(Rail)
  .filter((name) => name !== 'COUNT')
  .map((name) => name.toLowerCase());

export function parseFridge(text: string, file: string): Fridge {
  const top = parseYaml(text, file);
  const found = top.object(sections);
  const need = (key: (typeof sections)[number]): Field => {
    const field = found[key];
    if (!field) throw top.error(`lacks ${key}`);
    return field;
  };
  const stages = readStages(need('stages'));
  const present = stages.map(({ name }) => name);
  const cross = need('cross_link').whole(['W_per_K', 'about_K']);
  const controller = need('controller').whole(['rails', 'references', 'connectors']);
  const dilution = found.dilution && readDilution(found.dilution);
  if (dilution && stages.length < STAGES)
    throw need('stages').error(`are too few for a dilution unit; expected all five`);
  return {
    name: need('fridge').text(),
    about: need('about').text(),
    stages,
    pulseTube: readPulseTube(need('pulse_tube')),
    crossLink: { wattsPerKelvin: cross.W_per_K.number(0, 10), aboutKelvin: cross.about_K.number(1, 300) },
    heatSwitchWattsPerKelvin: found.heat_switch_W_per_K?.number(0, 100) ?? 0,
    dilution,
    operatingWatts: readOperating(found.operating_heat_W, present),
    lines: readWiring(found, present),
    sensors: readSensors(need('sensors'), present),
    rails: readRails(controller.rails),
    references: readReferences(controller.references),
    connectors: readConnectors(controller.connectors, present),
  };
}

function readStages(field: Field): StageData[] {
  const stages = field.entries();
  for (const name of ['50K', '4K']) {
    if (!stages.some(([one]) => one === name)) throw field.error(`lack ${name}; expected 50K and 4K at least`);
  }
  return stages.map(([name, stage], i) => {
    if (name !== stageNames[i]) {
      throw stage.error(
        `comes where ${stageNames[i] ?? 'nothing'} should; stages are ${stageNames.join(', ')}, warmest first`,
      );
    }
    return readStage(name as StageName, stage);
  });
}

function readStage(name: StageName, field: Field): StageData {
  const keys = ['copper_kg', 'cable_m', 'unattributed_W', 'limit_K', 'safe_K', 'drift_W'] as const;
  const more = ['helium_J_per_K', 'helium3_mol', 'shield_m2', 'shield_emissivity'] as const;
  const found = field.object([...keys, ...more]);
  for (const key of keys) if (!found[key]) throw field.error(`lacks ${key}`);
  const value = (key: (typeof keys)[number], least: number, most: number) => (found[key] as Field).number(least, most);
  return {
    name,
    copperKilograms: value('copper_kg', 0.001, 1e4),
    helium: found.helium_J_per_K?.number(0, 1e3) ?? found.helium3_mol?.number(0, 100) ?? 0,
    cableMetres: value('cable_m', 0.001, 10),
    unattributedWatts: value('unattributed_W', -100, 100),
    limitKelvin: value('limit_K', 1e-3, 300),
    safeKelvin: value('safe_K', 1e-3, 300),
    driftWatts: value('drift_W', 0, 10),
    radiation: {
      squareMetres: found.shield_m2?.number(0, 100) ?? 0,
      emissivity: found.shield_emissivity?.number(0, 1) ?? 0,
    },
  };
}

function readPulseTube(field: Field): Fridge['pulseTube'] {
  const found = field.whole(['count', 'first_scale', 'second_scale', 'first_link_K_per_W', 'second_link_K_per_W']);
  return {
    count: found.count.wholeNumber(1, 8),
    firstScale: found.first_scale.number(0.1, 10),
    secondScale: found.second_scale.number(0.1, 10),
    firstLinkKelvinPerWatt: found.first_link_K_per_W.number(0, 10),
    secondLinkKelvinPerWatt: found.second_link_K_per_W.number(0, 10),
  };
}

function readOperating(field: Field | undefined, present: readonly StageName[]): number[] {
  const found = field?.object(present) ?? {};
  return stageNames.map((name) => found[name]?.number(0, 1000) ?? 0);
}

const dilutionKeys = [
  ...['still_K', 'still_mW', 'still_mmol_per_s', 'reference_4K_K', 'reference_50K_K', 'stream_mW_per_K'],
  ...['warm_stream_mW_per_K', 'flow_per_K', 'J_per_mol_at_50K', 'J_per_mol_at_4K', 'cold_plate', 'mixing_chamber'],
] as const;

function readDilution(field: Field): DilutionData {
  const found = field.whole(dilutionKeys);
  const knots = found.still_K.list().length;
  const plate = found.cold_plate.whole(['cooling', 'load_uW', 'root_load_uW']);
  const mixing = found.mixing_chamber.whole(['efficiency', 'load_uW', 'excess']);
  return {
    still: {
      kelvin: rising(found.still_K, knots),
      milliwatts: rising(found.still_mW, knots),
      millimolesPerSecond: rising(found.still_mmol_per_s, knots),
    },
    referenceFourKelvin: found.reference_4K_K.number(1, 10),
    referenceFiftyKelvin: found.reference_50K_K.number(10, 100),
    streamMilliwattsPerKelvin: found.stream_mW_per_K.numbers(2) as [number, number],
    warmStreamMilliwattsPerKelvin: found.warm_stream_mW_per_K.number(0, 10),
    flowPerKelvin: found.flow_per_K.numbers(2) as [number, number],
    fiftyJoulesPerMole: found.J_per_mol_at_50K.number(0, 1e5),
    fourJoulesPerMole: found.J_per_mol_at_4K.number(0, 1e4),
    coldPlate: {
      cooling: plate.cooling.numbers(3) as DilutionData['coldPlate']['cooling'],
      load: plate.load_uW.numbers(5) as DilutionData['coldPlate']['load'],
      rootLoad: plate.root_load_uW.number(),
    },
    mixing: {
      efficiency: mixing.efficiency.numbers(3) as DilutionData['mixing']['efficiency'],
      load: mixing.load_uW.numbers(3) as DilutionData['mixing']['load'],
      excess: mixing.excess.numbers(4) as DilutionData['mixing']['excess'],
    },
  };
}

function rising(field: Field, count: number): number[] {
  const values = field.numbers(count);
  const fall = values.findIndex((value, i) => i > 0 && value <= values[i - 1]);
  if (count < 2 || fall > 0) throw field.error(`must have two numbers or more that rise; number ${fall + 1} does not`);
  return values;
}

function readSensors(field: Field, present: readonly StageName[]): SensorData[] {
  const names = new Set<string>();
  return field.list().map((each) => {
    const sensor = readSensor(each, present);
    if (names.has(sensor.name)) throw each.error(`has the name of another sensor: '${sensor.name}'`);
    names.add(sensor.name);
    return sensor;
  });
}

function readSensor(field: Field, present: readonly StageName[]): SensorData {
  const found = field.object(['name', 'type', 'stage', 'ripple_mK']);
  const { name, type, stage } = found;
  if (!name || !type || !stage) throw field.error('lacks name, type or stage');
  return {
    ...{ name: name.text(), type: type.oneOf(sensorTypes), stage: stage.oneOf(present) },
    rippleKelvin: (found.ripple_mK?.number(0, 500) ?? 0) / 1e3,
  };
}

/** The rails of the chip, by name and voltage: it measures and switches them by their place. */
function readRails(field: Field): RailData[] {
  const rails = field.list();
  if (rails.length === railNames.length) return rails.map(readRail);
  throw field.error(`are ${rails.length}; expected the chip's ${railNames.length}: ${railNames.join(', ')}`);
}

function readRail(field: Field, index: number): RailData {
  const found = field.whole(['name', 'volts', 'ceramic_uF', 'output_mOhm', 'response_us']);
  return {
    name: found.name.oneOf([railNames[index]]),
    nominalVolts: found.volts.exactly(railMillivolts[index] / 1000),
    capacitanceFarads: found.ceramic_uF.number(0.001, 1e5) / 1e6,
    outputOhms: found.output_mOhm.number(0, 1e5) / 1e3,
    responseNs: Math.round(found.response_us.number(0.001, 1e5) * 1e3),
  };
}

function readReferences(field: Field): Fridge['references'] {
  const references = field.list().map((each): ReferenceData => {
    const found = each.whole(['name', 'offset_ppb', 'drift_ppb_per_h']);
    return {
      name: found.name.text(),
      offsetPpb: found.offset_ppb.number(-1e6, 1e6),
      driftPpbPerHour: found.drift_ppb_per_h.number(-1e6, 1e6),
    };
  });
  if (references.length !== 2) throw field.error(`are ${references.length}; expected two, the first one selected`);
  return references as Fridge['references'];
}

/** One for each signal line of the chip; there may be more. */
function readConnectors(field: Field, present: readonly StageName[]): ConnectorData[] {
  const connectors = field.list().map((each) => readConnector(each, present));
  if (connectors.length >= Signal.COUNT) return connectors;
  throw field.error(`are ${connectors.length}; expected ${Signal.COUNT} or more, one for each signal line`);
}

function readConnector(field: Field, present: readonly StageName[]): ConnectorData {
  const found = field.whole(['name', 'stage', 'loss_dB', 'dB_per_mating', 'dB_per_thermal_cycle']);
  return {
    name: found.name.text(),
    stage: found.stage.oneOf(present),
    lossMillidecibel: found.loss_dB.number(0, 60) * 1e3,
    perMatingMillidecibel: found.dB_per_mating.number(0, 10) * 1e3,
    perCycleMillidecibel: found.dB_per_thermal_cycle.number(0, 10) * 1e3,
  };
}
