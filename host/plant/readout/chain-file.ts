// Reads a readout file: YAML in, `ReadoutChain` out, or an error that names file, line and what was expected.
//
// The input is the text: the caller reads the file. docs/readout.md lists the keys. What must stay true: every number has its unit in its key,
// every key is known, and a chain that was read can be sampled.

import { powerOfTen } from '../../../protocol/sensors/elementary.ts';
import { type Field, parseYaml } from '../cryostat/field.ts';
import { isStage, stageNames } from '../cryostat/stages.ts';
import {
  type ConverterData,
  type Drift,
  LINES_MOST,
  type LineData,
  type MixerData,
  type PathPart,
  type Place,
  type ReadoutChain,
  type ResonatorData,
  TONES_A_LINE,
} from './chain-data.ts';
import { BOLTZMANN, PLANCK } from './formulas.ts';

const EXPECTED = 'a readout chain, which begins with `readout: NAME`';
const WIDEST_MEGAHERTZ = 500;

export function parseReadout(text: string, file: string): ReadoutChain {
  const top = parseYaml(text, file, EXPECTED).whole(['readout', 'about', 'nominal_K', 'chip_K_per_W', 'lines']);
  const nominal = top.nominal_K.whole(stageNames);
  const lines = top.lines.list();
  if (lines.length < 1 || lines.length > LINES_MOST)
    throw top.lines.error(`has ${lines.length} lines; the chip has 1 to ${LINES_MOST}`);
  return {
    name: top.readout.text(),
    about: top.about.text(),
    nominalKelvin: stageNames.map((stage) => nominal[stage].number(1e-3, 400)),
    chipKelvinPerWatt: top.chip_K_per_W.number(0, 1e6),
    lines: lines.map(readLine),
  };
}

const lineKeys = ['name', 'lo_GHz', 'send', 'delay_ns', 'resonators', 'path', 'mixer', 'converter'] as const;
const lineMore = ['source_K', 'delay_ps_per_K', 'drift'] as const;

function readLine(field: Field): LineData {
  const found = field.object([...lineKeys, ...lineMore]);
  const need = needed(field, found);
  const send = need('send').whole(['full_scale_dBm', 'loss_dB']);
  const oscillatorHertz = need('lo_GHz').number(0.1, 40) * 1e9;
  const drift = found.drift?.object(['gain_dB', 'phase_deg']) ?? {};
  const path = need('path')
    .list()
    .map((part) => readPart(part, oscillatorHertz));
  const connectors = path.filter(({ kind }) => kind === 'connector').length;
  if (connectors !== 1)
    throw need('path').error(`has ${connectors} connectors; expected one, whose loss the fridge and its faults give`);
  return {
    name: need('name').text(),
    oscillatorHertz,
    sendFullScaleWatts: wattsOf(send.full_scale_dBm.number(-100, 40)),
    sendLossDecibels: send.loss_dB.number(0, 200),
    delayNs: need('delay_ns').number(0, 2000),
    delayNsPerKelvin: (found.delay_ps_per_K?.number(-1e4, 1e4) ?? 0) / 1000,
    sourceKelvin: found.source_K?.number(0, 400) ?? 0,
    resonators: readResonators(need('resonators')),
    path,
    mixer: readMixer(need('mixer')),
    converter: readConverter(need('converter')),
    gainDrift: readDrift(drift.gain_dB),
    phaseDriftTurns: readDrift(drift.phase_deg, 1 / 360),
  };
}

const resonatorKeys = ['name', 'if_MHz', 'kappa_MHz', 'chi_MHz', 'photons'] as const;
const resonatorMore = ['count', 'spacing_MHz', 't1_us', 'kHz_per_K', 'drift_kHz', 'jump_kHz', 'jump_s'] as const;

/** Where `count` is above 1 there are so many, `spacing_MHz` apart, with a number after their name. */
function readResonators(field: Field): ResonatorData[] {
  const all = field.list().flatMap((each) => readResonator(each));
  if (all.length === 0 || all.length > TONES_A_LINE)
    throw field.error(`are ${all.length}; a line has 1 to ${TONES_A_LINE} tones`);
  const outside = all.find(({ offsetHertz }) => Math.abs(offsetHertz) >= WIDEST_MEGAHERTZ * 1e6);
  if (outside)
    throw field.error(
      `put ${outside.name} at ${outside.offsetHertz / 1e6} MHz from lo_GHz; the converter sees less than ${WIDEST_MEGAHERTZ} MHz`,
    );
  return all;
}

function readResonator(field: Field): ResonatorData[] {
  const found = field.object([...resonatorKeys, ...resonatorMore]);
  const need = needed(field, found);
  const count = found.count?.number(1, TONES_A_LINE) ?? 1;
  if (count > 1 && !found.spacing_MHz) throw field.error('has a count but no spacing_MHz');
  const first = need('if_MHz').number(-WIDEST_MEGAHERTZ, WIDEST_MEGAHERTZ) * 1e6;
  const spacing = (found.spacing_MHz?.number(-WIDEST_MEGAHERTZ, WIDEST_MEGAHERTZ) ?? 0) * 1e6;
  const name = need('name').text();
  const same = {
    kappaHertz: need('kappa_MHz').number(1e-3, 100) * 1e6,
    chiHertz: need('chi_MHz').number(-50, 50) * 1e6,
    photons: need('photons').number(1e-3, 1e4),
    t1Ns: found.t1_us ? found.t1_us.number(0.01, 1e9) * 1e3 : Number.POSITIVE_INFINITY,
    hertzPerKelvin: (found.kHz_per_K?.number(-1e9, 1e9) ?? 0) * 1e3,
    drift: readDrift(found.drift_kHz, 1e3),
    jumpHertz: (found.jump_kHz?.number(0, 1e5) ?? 0) * 1e3,
    jumpNs: (found.jump_s?.number(1e-6, 1e7) ?? 1) * 1e9,
  };
  return Array.from({ length: count }, (_, i) => ({
    ...same,
    name: count > 1 ? `${name}${i}` : name,
    offsetHertz: first + spacing * i,
  }));
}

const kinds = ['loss', 'connector', 'amplifier', 'twpa'] as const;
const partKeys = [
  ...['part', 'at', 'dB', 'gain_dB', 'noise_K', 'doubling_K', 'gain_dB_per_K', 'saturation_dBm', 'ripple_dB'],
  'ripple_MHz',
] as const;
/** What each part may have besides its kind. */
const keysOf: Record<(typeof kinds)[number], readonly string[]> = {
  loss: ['at', 'dB'],
  connector: ['at'],
  amplifier: ['at', 'gain_dB', 'noise_K', 'doubling_K', 'gain_dB_per_K'],
  twpa: ['gain_dB', 'noise_K', 'saturation_dBm', 'ripple_dB', 'ripple_MHz'],
};

function readPart(field: Field, hertz: number): PathPart {
  const found = field.object(partKeys);
  const need = needed(field, found);
  const kind = need('part').oneOf(kinds);
  for (const [key, value] of Object.entries(found))
    if (key !== 'part' && !keysOf[kind].includes(key))
      throw value.error(`does not belong to a ${kind}; it has ${keysOf[kind].join(', ')}`);
  if (kind === 'loss') return { kind, decibels: need('dB').number(0, 100), at: readPlace(need('at')) };
  if (kind === 'connector') return { kind, at: readPlace(need('at')) };
  const noiseKelvin = need('noise_K').number(0, 1e5);
  const least = (PLANCK * hertz) / (2 * BOLTZMANN);
  if (noiseKelvin < least)
    throw need('noise_K').error(
      `is ${noiseKelvin}; an amplifier adds at least hf/2k, ${least.toFixed(3)} K at ${hertz / 1e9} GHz`,
    );
  const gainDecibels = need('gain_dB').number(0, 100);
  if (kind === 'amplifier') {
    return {
      ...{ kind, gainDecibels, noiseKelvin, at: readPlace(need('at')) },
      doublingKelvin: found.doubling_K?.number(0.1, 1e4) ?? Number.POSITIVE_INFINITY,
      gainDecibelsPerKelvin: found.gain_dB_per_K?.number(-10, 10) ?? 0,
    };
  }
  return {
    ...{ kind, gainDecibels, noiseKelvin },
    saturationWatts: wattsOf(need('saturation_dBm').number(-200, 20)),
    rippleDecibels: found.ripple_dB?.number(0, 10) ?? 0,
    rippleHertz: (found.ripple_MHz?.number(1, 1e5) ?? 100) * 1e6,
  };
}

const mixerMore = ['imbalance_dB_per_K', 'leakage_per_K', 'drift'] as const;

function readMixer(field: Field): MixerData {
  const keys = ['at', 'imbalance_dB', 'skew_deg', 'leakage', 'leakage_deg'] as const;
  const found = field.object([...keys, ...mixerMore]);
  const need = needed(field, found);
  const drift = found.drift?.object(['imbalance_dB', 'leakage']) ?? {};
  return {
    at: readPlace(need('at')),
    imbalanceDecibels: need('imbalance_dB').number(-6, 6),
    skewTurns: need('skew_deg').number(-30, 30) / 360,
    leakage: need('leakage').number(0, 1),
    leakageTurns: need('leakage_deg').number(-360, 360) / 360,
    imbalanceDecibelsPerKelvin: found.imbalance_dB_per_K?.number(-1, 1) ?? 0,
    leakagePerKelvin: found.leakage_per_K?.number(-1, 1) ?? 0,
    imbalanceDrift: readDrift(drift.imbalance_dB),
    leakageDrift: readDrift(drift.leakage),
  };
}

const converterMore = [
  ...['flicker_codes', 'telegraph_codes', 'telegraph_us', 'third_harmonic_dBc', 'offset_codes', 'offset_codes_per_K'],
  ...['gain_dB_per_K', 'drift_offset_codes'],
] as const;

function readConverter(field: Field): ConverterData {
  const found = field.object(['full_scale_dBm', 'thermal_codes', ...converterMore]);
  const need = needed(field, found);
  const offset = found.offset_codes?.numbers(2) ?? [0, 0];
  return {
    fullScaleWatts: wattsOf(need('full_scale_dBm').number(-100, 40)),
    thermalCodes: need('thermal_codes').number(0, 500),
    flickerCodes: found.flicker_codes?.number(0, 500) ?? 0,
    telegraphCodes: found.telegraph_codes?.number(0, 1000) ?? 0,
    telegraphNs: (found.telegraph_us?.number(0.1, 1e9) ?? 100) * 1e3,
    thirdHarmonic: found.third_harmonic_dBc ? powerOfTen(found.third_harmonic_dBc.number(-200, -20) / 20) : 0,
    offsetCodes: [offset[0], offset[1]],
    offsetCodesPerKelvin: found.offset_codes_per_K?.number(-100, 100) ?? 0,
    gainDecibelsPerKelvin: found.gain_dB_per_K?.number(-1, 1) ?? 0,
    offsetDrift: readDrift(found.drift_offset_codes),
  };
}

/** A deviation, or `{deviation, per_hour}`. */
function readDrift(field: Field | undefined, unit = 1): Drift {
  if (!field) return { deviation: 0, perHour: 0 };
  if (!field.isMapping()) return { deviation: field.number(0, 1e6) * unit, perHour: 0 };
  const { deviation, per_hour } = field.object(['deviation', 'per_hour']);
  return { deviation: (deviation?.number(0, 1e6) ?? 0) * unit, perHour: (per_hour?.number(-1e6, 1e6) ?? 0) * unit };
}

/** A stage, RT, or kelvins. */
function readPlace(field: Field): Place {
  if (!field.isText()) return field.number(1e-3, 400);
  const text = field.text();
  if (text === 'RT' || isStage(text)) return text;
  throw field.error(`is '${text}'; expected RT, ${stageNames.join(', ')}, or a temperature in kelvin`);
}

function needed<Key extends string>(field: Field, found: Partial<Record<Key, Field>>): (key: Key) => Field {
  return (key) => {
    const value = found[key];
    if (!value) throw field.error(`lacks ${key}`);
    return value;
  };
}

const wattsOf = (dBm: number): number => 1e-3 * powerOfTen(dBm / 10);
