// The commands by name, for `coldrig --help`, and where the code of each is: it is loaded only when the command is called.
//
// What must stay true: usage and description are the same as in the command itself; catalogue.test.ts compares them.

import type { Command } from 'commander';

export interface CatalogueEntry {
  name: string;
  /** Options and arguments after the name, as the help shows them. */
  usage: string;
  about: string;
  /** Loads the code and adds the real command, and the others of the same file, to a program. */
  addTo(program: Command): Promise<void>;
}

const device = async (program: Command) => (await import('./commands/device.ts')).addDeviceCommands(program);
const plant = async (program: Command) => (await import('./commands/plant.ts')).addPlantCommands(program);

/** In the order of the help text. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    ...{ name: 'run', usage: '[options]', about: 'run an emulated board until Ctrl-C' },
    addTo: async (program) => (await import('./commands/run.ts')).addRunCommand(program),
  },
  {
    ...{
      name: 'replay',
      usage: '[options] <file>',
      about: "repeat a run from the inputs that 'coldrig run --record' wrote, or a failure of 'coldrig hil'",
    },
    addTo: async (program) => (await import('./commands/replay.ts')).addReplayCommand(program),
  },
  {
    ...{
      name: 'debug',
      usage: '[options] [file]',
      about: 'step through a recorded run or a failure, forward and back, by source line',
    },
    addTo: async (program) => (await import('./commands/debug.ts')).addDebugCommand(program),
  },
  {
    ...{
      name: 'bisect',
      usage: '[options] <first> <second>',
      about: 'find the first cycle at which two recorded runs differ',
    },
    addTo: async (program) => (await import('./commands/bisect.ts')).addBisectCommand(program),
  },
  {
    ...{ name: 'prove', usage: '', about: 'show that no power cut, forged image or glitch bricks a device' },
    addTo: async (program) => (await import('./commands/prove.ts')).addProveCommand(program),
  },
  {
    ...{
      name: 'hil',
      usage: '[options] [pattern]',
      about: 'run scenarios: your firmware on an emulated board in its fridge, or on a real one',
    },
    addTo: async (program) => (await import('./commands/hil.ts')).addHilCommand(program),
  },
  {
    ...{
      name: 'campaign',
      usage: '',
      about: 'spread proofs and scenarios over many machines, and merge their results',
    },
    addTo: async (program) => (await import('./commands/campaign.ts')).addCampaignCommand(program),
  },
  {
    name: 'demo',
    usage: '[options]',
    about: 'build, boot, and show that a good update stays and four bad ones are rolled back',
    addTo: async (program) => (await import('./commands/demo.ts')).addDemoCommand(program),
  },
  {
    ...{
      name: 'flash',
      usage: '[options] <file>',
      about: 'upload an image, run it on trial, and confirm it or see it rolled back',
    },
    addTo: async (program) => (await import('./commands/flash.ts')).addFlashCommand(program),
  },
  {
    name: 'status',
    usage: '[options]',
    about: 'which image runs, its health, and the images in the slots',
    addTo: device,
  },
  {
    name: 'reset',
    usage: '[options]',
    about: 'reset the device; a trial that is not confirmed is rolled back',
    addTo: device,
  },
  { name: 'confirm', usage: '[options]', about: 'confirm the image that runs', addTo: device },
  { name: 'erase', usage: '[options]', about: 'erase a slot that does not run', addTo: device },
  { name: 'echo', usage: '[options] <text>', about: 'send a text, which the device sends back', addTo: device },
  { name: 'tasks', usage: '[options]', about: 'list the tasks of the firmware', addTo: device },
  { name: 'stat', usage: '[options] [name]', about: 'counters of the device', addTo: device },
  {
    name: 'bootlog',
    usage: '[options]',
    about: 'every boot in the log of the device: its cause, the decision and the reason, and what ran',
    addTo: async (program) => (await import('./commands/bootlog.ts')).addBootlogCommand(program),
  },
  {
    ...{ name: 'plant', usage: '[options]', about: 'what the device measures: temperatures, interlocks, power, rails' },
    addTo: plant,
  },
  { name: 'clear', usage: '[options] <interlock>', about: 'clear an interlock whose cause is gone', addTo: plant },
  {
    ...{ name: 'runbook', usage: '[name]', about: 'what to do about an alarm: one page, or the list of all pages' },
    addTo: async (program) => (await import('./commands/runbook.ts')).addRunbookCommand(program),
  },
  {
    ...{
      name: 'gateway',
      usage: '[options] [file]',
      about: 'keep the telemetry of devices in a log on disk, and pass it on; no record is lost or passed on twice',
    },
    addTo: async (program) => (await import('./commands/gateway.ts')).addGatewayCommand(program),
  },
  {
    ...{
      name: 'ingest',
      usage: '[options]',
      about: 'take the records of gateways into a Prometheus or a VictoriaMetrics',
    },
    addTo: async (program) => (await import('./commands/ingest.ts')).addIngestCommand(program),
  },
  {
    ...{
      name: 'telemetry',
      usage: '',
      about: 'records of a device; rules, alerts and dashboards for a monitoring stack',
    },
    addTo: async (program) => (await import('./commands/telemetry.ts')).addTelemetryCommands(program),
  },
  {
    ...{
      name: 'fleet',
      usage: '',
      about: 'update many devices: server, agents, signed releases, rollouts ring by ring',
    },
    addTo: async (program) => (await import('./commands/fleet.ts')).addFleetCommands(program),
  },
  {
    name: 'device',
    usage: '',
    about: 'which device it is and what it runs, credentials for it, and its lock',
    addTo: async (program) => (await import('./commands/attest.ts')).addAttestCommands(program),
  },
  {
    ...{ name: 'audit', usage: '', about: 'check the audit log of a fleet, show and prove what is in it' },
    addTo: async (program) => (await import('./commands/audit.ts')).addAuditCommands(program),
  },
  {
    ...{ name: 'new', usage: '<folder>', about: 'make a project for firmware of your own' },
    addTo: async (program) => (await import('./commands/new.ts')).addNewCommand(program),
  },
  {
    name: 'build',
    usage: '[options] [entry]',
    about: 'compile firmware of your own, check it as the core does, and show what it needs',
    addTo: async (program) => (await import('./commands/build.ts')).addBuildCommand(program),
  },
  {
    ...{ name: 'image', usage: '', about: 'make keys; sign, verify and show images' },
    addTo: async (program) => (await import('./commands/image.ts')).addImageCommands(program),
  },
  {
    ...{ name: 'cryostat', usage: '', about: 'solve, cool down and serve an emulated cryostat' },
    addTo: async (program) => (await import('./commands/cryostat.ts')).addCryostatCommands(program),
  },
  {
    ...{ name: 'pulse', usage: '', about: 'check and run pulse programs (Q1ASM) like the instrument' },
    addTo: async (program) => (await import('./commands/pulse.ts')).addPulseCommands(program),
  },
  {
    ...{ name: 'mux', usage: '', about: 'plan and check the refreshing of sample-and-hold cells' },
    addTo: async (program) => (await import('./commands/mux.ts')).addMuxCommands(program),
  },
  {
    ...{
      name: 'readout',
      usage: '[options]',
      about: 'shots of readout channels, of a board in its fridge or a device: IQ clouds, SNR, errors, effective bits',
    },
    addTo: async (program) => (await import('./commands/readout.ts')).addReadoutCommand(program),
  },
  {
    ...{
      name: 'compare',
      usage: '[options] [architecture...]',
      about: 'compare architectures of a controller: heat of each stage, lines, bandwidth, SNR, latency',
    },
    addTo: async (program) => (await import('./commands/compare.ts')).addCompareCommand(program),
  },
  {
    ...{
      name: 'calibrate',
      usage: '[options] [node]',
      about: 'bring the readout of a device into its limits, and keep it there',
    },
    addTo: async (program) => (await import('./commands/calibrate.ts')).addCalibrateCommand(program),
  },
];

/** The entry that a command line calls, or for which it wants help. An option before a command has no value. */
export function calledEntry(argumentList: readonly string[]): CatalogueEntry | undefined {
  const [first, second] = argumentList.filter((word) => !word.startsWith('-'));
  const name = first === 'help' ? second : first;
  return catalogue.find((entry) => entry.name === name);
}
