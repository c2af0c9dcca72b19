// The layers of the repository, as data: which layer may import which.
//
// What must stay true: a layer is listed with everything it may import besides itself; the rules of rules.ts read this table and no other.

export const guestFolders = ['protocol/guest', 'bootloader', 'firmware'];

const host = ['host/board', 'host/plant', 'host/tools', 'host/links', 'host/telemetry', 'host/fleet'];

const trusted = ['bootloader/crypto', 'bootloader/image', 'protocol/guest'];
/** Measure, judge, act: what was decided is in force, and drive/ reads it there. main.ts and judge-and-act.ts wire the rest together. */
const firmwareLayers: Record<string, string[]> = {
  'firmware/kernel': ['protocol/guest'],
  'firmware/in-force': ['protocol/guest'],
  'firmware/calibration': ['protocol/guest'],
  'firmware/sense': ['firmware/kernel', 'firmware/calibration', 'protocol/guest'],
  'firmware/protect': ['firmware/kernel', 'firmware/in-force', 'firmware/sense', 'protocol/guest'],
  'firmware/drive': ['firmware/kernel', 'firmware/calibration', 'firmware/in-force', 'firmware/sense', ...trusted],
  'firmware/sequencer': ['protocol/guest'],
  'firmware/pulse': ['firmware/kernel', 'firmware/calibration', 'protocol/guest'],
  'firmware/report': [
    ...['kernel', 'calibration', 'in-force', 'sense', 'protect', 'drive', 'pulse'].map((part) => `firmware/${part}`),
    ...trusted,
  ],
  /** What firmware of one's own is made with; ours does without. */
  'firmware/library': ['firmware/kernel', 'firmware/report', ...trusted],
  firmware: [
    ...['kernel', 'calibration', 'in-force', 'sense', 'protect', 'drive', 'pulse', 'report'].map(
      (part) => `firmware/${part}`,
    ),
    ...trusted,
  ],
};

/** What each layer may look at, besides itself; a path belongs to the longest layer that it begins with. */
export const layers: Record<string, string[]> = {
  protocol: [],
  'protocol/guest': [],
  'bootloader/crypto': ['protocol/guest'],
  'bootloader/image': ['bootloader/crypto', 'protocol/guest'],
  bootloader: ['bootloader/crypto', 'bootloader/image', 'protocol/guest'],
  ...firmwareLayers,
  'host/board': ['protocol'],
  'host/plant': ['protocol'],
  'host/tools': ['host/plant', 'protocol'],
  'host/links': ['host/board', 'host/plant', 'host/tools', 'protocol'],
  'host/telemetry': ['host/links', 'host/tools', 'protocol'],
  'host/fleet': ['host/telemetry', 'host/links', 'host/tools', 'protocol'],
  'hil/rig': [...host, 'protocol'],
  'hil/run': ['hil/rig', ...host, 'protocol'],
  'hil/scenarios': ['hil', 'hil/run', 'hil/rig', ...host, 'protocol'],
  hil: ['hil/run', 'hil/rig', ...host, 'protocol'],
  'hil/debug': ['hil/rig', ...host, 'protocol'],
  'hil/prove': ['hil/rig', ...host, 'protocol'],
  'hil/campaign': ['hil/run', 'hil/prove', 'hil/rig', ...host, 'protocol'],
  'hil/test': [
    'hil',
    ...['run', 'debug', 'scenarios', 'campaign', 'prove', 'rig'].map((part) => `hil/${part}`),
    ...host,
    'protocol',
  ],
  cli: ['hil/run', 'hil/debug', 'hil/scenarios', 'hil/campaign', 'hil/prove', 'hil/rig', ...host, 'protocol'],
};

export function layerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((layer) => path.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0];
}
