// The stories in which power is cut, as data (scenario.ts).

import type { Action } from '../device/actions.ts';
import type { ImageName } from '../device/images.ts';
import { recordScenarios } from './record-scenarios.ts';
import type { Scenario, Step } from './scenario.ts';

const on: Action = { do: 'switch on' };
const updateTo = (image: ImageName): Action[] => [
  { do: 'upload', image },
  { do: 'mark', image },
  { do: 'reset' },
  { do: 'confirm' },
];

const update = (from: ImageName, to: ImageName): Step[] => [
  { do: 'upload', image: to, boots: [from] },
  { do: 'mark', image: to, boots: [from, to] },
  { do: 'reset', boots: [to] },
  { do: 'confirm', boots: [to] },
];

/** An upload into a device that has nothing to boot. When the image is whole but not answered yet, it may boot; once answered, it must. */
const install = (image: ImageName): Step[] => [
  { do: 'upload', image, boots: ['safe mode', image] },
  { do: 'mark', image, boots: [image] },
  { do: 'reset', boots: [image] },
  { do: 'confirm', boots: [image] },
];

/** Marked, tried and confirmed with a journal that becomes full at another moment each time, so that its change of sectors happens there. */
const journalSwitch = (name: string, records: number): Scenario => ({
  name: `journal switch ${name}`,
  about: `The journal’s sector is full, and it goes on in the other one, ${name}.`,
  fleet: 'agent',
  start: {
    slots: { A: 'v1' },
    story: [on, { do: 'upload', image: 'v2' }, { do: 'fill journal', records }, on],
  },
  steps: update('v1', 'v2').slice(1),
  keeps: 'v1',
  goal: 'v2',
});

export const scenarios: readonly Scenario[] = [
  {
    name: 'factory boot',
    about: 'A new board from the factory is switched on.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [] },
    steps: [{ do: 'switch on', boots: ['v1'] }],
    keeps: 'v1',
    goal: 'v1',
  },
  {
    name: 'first install',
    about: 'A board without any image is given one by its safe mode.',
    fleet: 'agent',
    start: { slots: {}, story: [on] },
    steps: install('v1'),
    goal: 'v1',
  },
  {
    name: 'rescue of a device whose images rotted',
    about: 'Both images rotted; safe mode takes a new one.',
    fleet: 'agent',
    start: {
      slots: { A: 'v1' },
      story: [on, ...updateTo('v2'), { do: 'damage', slot: 0 }, { do: 'damage', slot: 1 }, on],
    },
    steps: install('v3'),
    goal: 'v3',
  },
  {
    name: 'upgrade',
    about: 'A newer image is uploaded, marked, tried and confirmed.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: update('v1', 'v2'),
    keeps: 'v1',
    goal: 'v2',
  },
  {
    name: 'revert after a watchdog',
    about: 'An update hangs; the watchdog ends its trial and the old image comes back.',
    fleet: 'agent',
    start: {
      slots: { A: 'v1' },
      story: [on, { do: 'upload', image: 'hangs' }, { do: 'mark', image: 'hangs' }, { do: 'reset' }],
    },
    steps: [{ do: 'hang', boots: ['hangs', 'v1'] }],
    keeps: 'v1',
    goal: 'v1',
  },
  {
    name: 'upload over a half-written slot',
    about: 'An upload stopped in the middle; another image is uploaded over it, tried and confirmed.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on, { do: 'upload', image: 'v3', part: 0.5 }] },
    steps: update('v1', 'v2'),
    keeps: 'v1',
    goal: 'v2',
  },
  {
    name: 'third version over the first',
    about: 'The second update overwrites the oldest image while the newer one runs.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on, ...updateTo('v2')] },
    steps: update('v2', 'v3'),
    keeps: 'v2',
    goal: 'v3',
  },
  {
    name: 'counter advance',
    about: 'An update whose security counter is three ticks ahead is confirmed: the fuses follow.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: update('v1', 'counted'),
    keeps: 'v1',
    goal: 'counted',
  },
  {
    name: 'key rotation',
    about: 'An update signed with the next key is confirmed; the boot after that revokes the key before.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: [...update('v1', 'rotated'), { do: 'reset', boots: ['rotated'] }],
    keeps: 'v1',
    goal: 'rotated',
  },
  {
    name: 'second upgrade while a trial is pending',
    about: 'An image waits for its trial; another one is uploaded over it, marked, tried and confirmed.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on, { do: 'upload', image: 'v2' }, { do: 'mark', image: 'v2' }] },
    steps: [
      // Until it is forgotten, what waits may still have its trial.
      { do: 'upload', image: 'v3', boots: ['v1', 'v2'] },
      ...update('v1', 'v3').slice(1),
    ],
    keeps: 'v1',
    goal: 'v3',
  },
  {
    name: 'revert by a reset',
    about: 'A trial that is not confirmed ends with the next reset: the image before comes back.',
    fleet: 'agent',
    start: {
      slots: { A: 'v1' },
      story: [on, { do: 'upload', image: 'v2' }, { do: 'mark', image: 'v2' }, { do: 'reset' }],
    },
    steps: [{ do: 'reset', boots: ['v2', 'v1'] }],
    keeps: 'v1',
    goal: 'v1',
  },
  {
    name: 'safe mode while an image is good',
    about: 'The firmware asks for safe mode, which takes an image, marks it and starts it.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on, { do: 'safe mode' }] },
    steps: [
      { do: 'upload', image: 'v2', boots: ['v1', 'safe mode'] },
      { do: 'mark', image: 'v2', boots: ['v1', 'v2'] },
      { do: 'reset', boots: ['v2'] },
      { do: 'confirm', boots: ['v2'] },
    ],
    keeps: 'v1',
    goal: 'v2',
  },
  {
    name: 'a rebuild of the version that runs',
    about: 'Another image of the same version is confirmed: it is what runs after the next reset, too.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: [...update('v1', 'rebuild'), { do: 'reset', boots: ['rebuild'] }],
    keeps: 'v1',
    goal: 'rebuild',
  },
  {
    name: 'an upload that brings its confirmation',
    about:
      'A file made by imgtool with --pad --confirm, its counter ahead: it is tried, and confirms itself once it is healthy.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: [
      { do: 'upload', image: 'counted', trailer: 'permanent', boots: ['v1', 'counted'] },
      { do: 'reset', boots: ['counted'] },
      { do: 'be healthy', boots: ['counted'] },
      { do: 'reset', boots: ['counted'] },
    ],
    keeps: 'v1',
    goal: 'counted',
  },
  {
    name: 'a confirmed image begins to hang',
    about:
      'The watchdog resets it again and again; the image that was confirmed before has its turn, and no safe mode.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on, ...updateTo('v2')] },
    steps: [{ do: 'hang on', boots: ['v2', 'v1'] }],
    keeps: 'v2',
    goal: 'v1',
  },
  {
    name: 'erase',
    about: 'The image that does not run is erased.',
    fleet: 'agent',
    start: { slots: { A: 'v1' }, story: [on, ...updateTo('v2')] },
    steps: [{ do: 'erase', slot: 0, boots: ['v2'] }],
    keeps: 'v2',
    goal: 'v2',
  },
  {
    name: 'first install of the whole firmware',
    about: 'As the first install, with the firmware the product runs.',
    fleet: 'firmware',
    start: { slots: {}, story: [on] },
    steps: install('v1'),
    goal: 'v1',
  },
  {
    name: 'upgrade of the whole firmware',
    about: 'As the upgrade, over SMP as clients do it.',
    fleet: 'firmware',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: update('v1', 'v2'),
    keeps: 'v1',
    goal: 'v2',
  },
  {
    name: 'the whole firmware hangs',
    about: 'As the revert, with a firmware that hangs two seconds after its start.',
    fleet: 'firmware',
    start: {
      slots: { A: 'v1' },
      story: [on, { do: 'upload', image: 'hangs' }, { do: 'mark', image: 'hangs' }, { do: 'reset' }],
    },
    steps: [{ do: 'wait for a watchdog', boots: ['hangs', 'v1'] }],
    keeps: 'v1',
    goal: 'v1',
  },
  ...recordScenarios,
  journalSwitch('when marked', 64),
  journalSwitch('when tried', 63),
  journalSwitch('when confirmed', 62),
];

export function scenarioByName(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`no scenario is called '${name}'`);
  return found;
}
