import { expect, test } from 'vitest';
import type { FleetEvent, Recorded } from '../rollout/events.ts';
import { postmortemOf } from './postmortem.ts';

const ring = { name: 'rig', devices: ['rig-1'], approval: false, failuresMost: 0, gates: {}, soakMs: 0 };
const recorded = (events: FleetEvent[]): Recorded[] =>
  events.map((event, at) => ({ ...event, atMs: at * 1_000, wall: `12:00:0${at}` }));

test('a device that got another agent while the rollout went on has that in the timeline, and other devices have not', () => {
  const events = recorded([
    { type: 'agent-taken', device: 'rig-1', agent: 'a', place: 'north:/before' },
    { type: 'rollout-created', rollout: 1, name: 'good', release: 'ab', rings: [ring], onError: 'ring' },
    { type: 'action-created', action: 1, rollout: 1, device: 'rig-1', kind: 'update', release: 'ab' },
    { type: 'agent-freed', device: 'rig-1', reason: 'its computer | burned' },
    { type: 'agent-taken', device: 'rig-1', agent: 'b', place: 'north:/second' },
    { type: 'agent-taken', device: 'rig-2', agent: 'c', place: 'south:/other' },
    { type: 'rollout-finished', rollout: 1 },
    { type: 'agent-taken', device: 'rig-1', agent: 'd', place: 'north:/later' },
  ]);
  const text = postmortemOf(events, 1, 'good 1.1.0')?.text ?? '';
  expect(text).toContain('| 12:00:03 | 1 s | rig-1: is taken from its agent: its computer \\| burned | the fleet |');
  expect(text).toContain('| 12:00:04 | 2 s | rig-1: has the agent north:/second | the fleet |');
  for (const other of ['north:/before', 'south:/other', 'north:/later']) expect(text).not.toContain(other);
});
