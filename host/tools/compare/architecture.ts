// An architecture of a controller as data: which lines go into the fridge, what is done at 4 K and what in the rack, and what its parts take.
//
// It is read from YAML. Lines are written as in a fridge file (cryowire's words); how many there are follows from the number of channels. What
// must stay true: every line has a number of channels that share it, or it is the link; everything that dissipates has a stage.

import { type Field, parseYaml } from '../../plant/cryostat/field.ts';
import { type StageName, stageNames } from '../../plant/cryostat/stages.ts';
import type { Line } from '../../plant/cryostat/wiring.ts';
import { readWiring, wiringSections } from '../../plant/cryostat/wiring-file.ts';

/** What of a readout leaves the fridge: samples, the two sums of each shot, or one bit of it. */
export const compressions = ['raw', 'demodulated', 'thresholded'] as const;
export type Compression = (typeof compressions)[number];

export interface LinkData {
  /** The line that carries it; a lane needs so many of these. */
  line: string;
  linesALane: number;
  bitsPerSecondALane: number;
  joulesABit: number;
  /** Coding and framing. */
  overhead: number;
  latencyNs: number;
}

export interface Architecture {
  name: string;
  about: string;
  /** A fridge by name or path, of which the coolers are taken, not the lines. */
  fridge: string;
  readout: string;
  /** Lines of which `count` is how many there are for each group of channels. */
  lines: readonly Line[];
  channelsALine: ReadonlyMap<string, number>;
  /** Lines that begin at the 4 K plate, and not at room temperature. */
  beginAt4K: readonly string[];
  /** Whether converters, sequencers with their drive, are at 4 K. */
  convertersCold: boolean;
  driveCold: boolean;
  /** What a readout line takes at a stage besides amplifiers of its wiring: mixers, oscillators, pumps. */
  lineWatts: readonly { stage: StageName; watts: number }[];
  link: LinkData | undefined;
  /** Where readout may be compressed before it leaves the fridge; a rack compresses without heat. */
  compressions: readonly Compression[];
  /** From the end of a window to the begin of a pulse that depends on it, besides cables and link. */
  latency: readonly { what: string; ns: number }[];
}

const EXPECTED = 'an architecture, which begins with `architecture: NAME`';
const keys = ['architecture', 'about', 'fridge', 'readout', 'channels_per_line', 'board', 'latency_ns'] as const;
const more = ['link', 'from_4K', 'compression', 'components', ...wiringSections] as const;
const places = ['4K', 'RT'] as const;

export function parseArchitecture(text: string, file: string): Architecture {
  const top = parseYaml(text, file, EXPECTED);
  const found = top.object([...keys, ...more]);
  const need = (key: (typeof keys)[number]): Field => {
    const field = found[key];
    if (!field) throw top.error(`lacks ${key}`);
    return field;
  };
  const board = need('board').object(['converters', 'drive', 'line_mW']);
  const lines = readWiring(found, stageNames);
  const link = found.link && readLink(found.link, lines);
  const channelsALine = new Map(
    need('channels_per_line')
      .entries()
      .map(([id, field]) => [id, field.number(1, 1e6)]),
  );
  for (const { id } of lines)
    if (!channelsALine.has(id) && id !== link?.line)
      throw need('channels_per_line').error(`lacks ${id}: how many channels share one such line`);
  for (const id of channelsALine.keys())
    if (!lines.some((line) => line.id === id))
      throw need('channels_per_line').error(`has ${id}, but the lines are ${lines.map((line) => line.id).join(', ')}`);
  const beginAt4K = found.from_4K?.list().map((field) => field.oneOf(lines.map(({ id }) => id))) ?? [];
  const where = (field: Field | undefined, key: string): boolean => {
    if (!field) throw need('board').error(`lacks ${key}`);
    return field.oneOf(places) === '4K';
  };
  return {
    ...{ name: need('architecture').text(), about: need('about').text() },
    ...{ fridge: need('fridge').text(), readout: need('readout').text() },
    ...{ lines, channelsALine, beginAt4K, link },
    convertersCold: where(board.converters, 'converters'),
    driveCold: where(board.drive, 'drive'),
    lineWatts: Object.entries(board.line_mW?.object(stageNames) ?? {}).map(([stage, field]) => ({
      stage: stage as StageName,
      watts: (field as Field).number(0, 1e6) / 1000,
    })),
    compressions: found.compression?.list().map((each) => each.oneOf(compressions)) ?? ['raw'],
    latency: need('latency_ns')
      .entries()
      .map(([what, field]) => ({ what, ns: field.number(0, 1e9) })),
  };
}

function readLink(field: Field, lines: readonly Line[]): LinkData {
  const linkKeys = ['line', 'lines_per_lane', 'Gb_per_s_per_lane', 'pJ_per_bit', 'overhead', 'latency_ns'] as const;
  const found = field.whole(linkKeys);
  const line = found.line.text();
  if (!lines.some(({ id }) => id === line)) throw found.line.error(`is '${line}', which is none of the lines`);
  return {
    line,
    linesALane: found.lines_per_lane.number(1, 100),
    bitsPerSecondALane: found.Gb_per_s_per_lane.number(1e-3, 1e3) * 1e9,
    joulesABit: found.pJ_per_bit.number(0, 1e6) * 1e-12,
    overhead: found.overhead.number(1, 10),
    latencyNs: found.latency_ns.number(0, 1e9),
  };
}
