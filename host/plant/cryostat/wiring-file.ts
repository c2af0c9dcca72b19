// Reads the wiring part of a fridge file, in the format of cryowire: a catalogue of components; the sections control, readout_send and
// readout_return with modules and lines; in each line components by stage. Additions of ours: the sections flux and harness; cable (one, or one
// per stage), anchoring, count, ends_at and signal; dissipation_mW of an amplifier. A line may use a module, and add or remove components.

import { cables } from './cables.ts';
import type { Field } from './field.ts';
import { isStage, nodeNames, type StageName } from './stages.ts';
import {
  type Anchoring,
  anchorings,
  type Component,
  type Line,
  type Signal,
  wattsOfDecibelMilliwatt,
} from './wiring.ts';

export const wiringSections = ['control', 'readout_send', 'readout_return', 'flux', 'harness'] as const;
type SectionName = (typeof wiringSections)[number];

/** The anchoring of each section of cryowire when the file does not give it. */
const usualAnchoring: Record<SectionName, Anchoring> = {
  control: 'drive',
  readout_send: 'drive',
  readout_return: 'output',
  flux: 'flux',
  harness: 'all',
};

type Catalogue = Map<string, Component>;
const componentKeys = [
  ...['type', 'manufacturer', 'model', 'serial', 'value_dB', 'filter_type', 'amplifier_type', 'gain_dB'],
  ...['dissipation_mW', 'summary_label'],
] as const;
const componentTypes = ['attenuator', 'filter', 'isolator', 'amplifier'] as const;
const lineKeys = [
  ...['line_id', 'qubit', 'qubits', 'module', 'stages', 'cable', 'anchoring', 'count', 'ends_at', 'signal'],
] as const;
type Fields = Partial<Record<string, Field>>;

export function readWiring(found: Fields, present: readonly StageName[]): Line[] {
  const catalogue: Catalogue = new Map(
    found.components?.entries().map(([name, field]) => [name, readComponent(field, name)]),
  );
  return wiringSections.flatMap((section) => {
    const field = found[section];
    if (!field) return [];
    const { modules, lines } = field.object(['modules', 'lines']);
    const known = new Map(modules?.entries());
    return (lines?.list() ?? []).map((line) => readLine(line, section, known, catalogue, present));
  });
}

function readLine(
  field: Field,
  role: SectionName,
  modules: ReadonlyMap<string, Field>,
  catalogue: Catalogue,
  present: readonly StageName[],
): Line {
  const own = field.object(lineKeys);
  if (!own.line_id) throw field.error('lacks line_id');
  const module = own.module && modules.get(own.module.text());
  if (own.module && !module) {
    throw own.module.error(`'${own.module.text()}' is not among the modules ${[...modules.keys()].join(', ')}`);
  }
  const inherited: Fields = module?.object(lineKeys) ?? {};
  const pick = (key: (typeof lineKeys)[number]) => own[key] ?? inherited[key];
  const components: Line['components'] = {};
  if (inherited.stages) addComponents(inherited.stages, components, catalogue);
  if (own.stages) addComponents(own.stages, components, catalogue);
  const cable = pick('cable');
  if (!cable) throw field.error('lacks cable');
  return {
    id: own.line_id.text(),
    role,
    count: pick('count')?.wholeNumber(1, 10_000) ?? 1,
    cables: readCables(cable, present),
    anchoring: pick('anchoring')?.oneOf(Object.keys(anchorings) as Anchoring[]) ?? usualAnchoring[role],
    endsAt: pick('ends_at')?.oneOf(present) ?? present[present.length - 1],
    components,
    signal: readSignal(pick('signal')),
  };
}

/** One name for the whole line, or one per stage at which the cable arrives. A stage that is left out has the cable of the stage above. */
function readCables(field: Field, present: readonly StageName[]): Line['cables'] {
  const names = Object.keys(cables);
  if (field.isText()) {
    const name = field.oneOf(names);
    return Object.fromEntries(present.map((stage) => [stage, name]));
  }
  const given = field.object(present);
  const result: Line['cables'] = {};
  let name = given[present[0]]?.oneOf(names);
  if (name === undefined) throw field.error(`lacks the cable from room temperature, ${present[0]}`);
  for (const stage of present) {
    name = given[stage]?.oneOf(names) ?? name;
    result[stage] = name;
  }
  return result;
}

function addComponents(field: Field, components: Line['components'], catalogue: Catalogue): void {
  for (const [stage, parts] of Object.entries(field.object(nodeNames))) {
    // A component at room temperature heats no stage.
    if (!isStage(stage)) continue;
    const before = components[stage] ?? [];
    if (parts.isMapping()) {
      const { add, remove } = parts.object(['add', 'remove']);
      const removed = (remove?.list() ?? []).map((each) => componentOf(each, catalogue).model);
      const kept = before.filter(({ model }) => !removed.includes(model));
      components[stage] = [...kept, ...(add?.list() ?? []).map((each) => componentOf(each, catalogue))];
    } else {
      components[stage] = parts.list().map((each) => componentOf(each, catalogue));
    }
  }
}

function componentOf(field: Field, catalogue: Catalogue): Component {
  if (!field.isText()) return readComponent(field, field.path);
  const component = catalogue.get(field.text());
  if (!component)
    throw field.error(`'${field.text()}' is not among the components ${[...catalogue.keys()].join(', ')}`);
  return component;
}

function readComponent(field: Field, name: string): Component {
  const found = field.object(componentKeys);
  if (!found.type) throw field.error(`lacks type; expected ${componentTypes.join(', ')}`);
  const type = found.type.oneOf(componentTypes);
  // The gain does not heat a stage, but it must be valid.
  found.gain_dB?.number(-100, 100);
  if (type === 'attenuator' && !found.value_dB) throw field.error('lacks value_dB');
  return {
    type,
    model: found.model?.text() ?? name,
    valueDecibel: found.value_dB?.number(0, 100) ?? 0,
    dissipationWatts: (found.dissipation_mW?.number(0, 1e5) ?? 0) / 1e3,
  };
}

function readSignal(field: Field | undefined): Signal | undefined {
  if (!field) return undefined;
  const found = field.object(['power_dBm', 'duty', 'frequency_GHz', 'current_mA']);
  return {
    powerWatts: found.power_dBm ? wattsOfDecibelMilliwatt(found.power_dBm.number(-200, 60)) : 0,
    duty: found.duty?.number(0, 1) ?? 1,
    gigahertz: found.frequency_GHz?.number(0, 40) ?? 6,
    amperes: (found.current_mA?.number(-1e4, 1e4) ?? 0) / 1e3,
  };
}
