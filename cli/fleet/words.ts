// A fleet in words, for people.

import type { DeviceSummary, RolloutSummary } from '../../host/fleet/manage/summary.ts';
import { ringText, versionsText } from '../../host/fleet/manage/words.ts';
import type { Recorded } from '../../host/fleet/rollout/events.ts';
import { table } from '../terminal.ts';
import { spanText } from '../words.ts';

export function rolloutText(of: RolloutSummary): string {
  const head = `rollout ${of.id}, ${of.name}: ${of.state}, release ${of.release.name} ${of.release.version}`;
  const cause = of.cause === null ? [] : [`  because: ${of.cause}`];
  const rows = of.rings.map((ring) => [
    ...[`  ${ring.name}`, ring.state, `${ring.confirmed} of ${ring.devices} confirmed`],
    ringText(ring, (milliseconds) => spanText(milliseconds * 1e6)),
  ]);
  const back =
    of.back + of.goingBack === 0 ? [] : [`  back to the image before: ${of.back}, on their way: ${of.goingBack}`];
  const notBack = of.notBack.map((text) => `  NOT back: ${text}`);
  const waits = of.waitsFor === null ? [] : [`  waits for ${of.waitsFor}`];
  return [head, ...cause, table(rows), ...back, ...notBack, ...waits].join('\n');
}

export function devicesText(devices: readonly DeviceSummary[]): string {
  if (devices.length === 0) return "no devices yet: 'coldrig fleet device add NAME' adds one";
  const rows = devices.map((device) => [
    ...[device.name, device.cryostat ?? '', device.version ?? 'not known'],
    device.action === null ? '' : `${device.action.kind} ${device.action.state} (rollout ${device.action.rollout})`,
    ...[
      device.seen === null ? 'not seen since the server began' : `seen ${device.seen}`,
      device.failed.map((text) => `failed ${text}`).join('; '),
    ],
  ]);
  return table(rows);
}

export function fleetText(rollouts: readonly RolloutSummary[], devices: readonly DeviceSummary[]): string {
  return [versionsText(devices), ...rollouts.map(rolloutText)].join('\n');
}

/** One event in a line; undefined: nothing to show. */
export function eventText(event: Recorded): string | undefined {
  const { type, atMs: _at, wall, who, ...facts } = event;
  if (type === 'time-passed' || type === 'device-reported') return undefined;
  const by = who === undefined ? '' : ` by ${who}`;
  return `${wall ?? ''} ${type}${by} ${factsText(facts)}`.trim();
}

function factsText(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .filter(([name]) => name !== 'tokenHash' && name !== 'baseline')
    .map(([name, value]) => {
      if (name === 'rings')
        return `rings=${(value as { name: string; devices: string[] }[]).map((ring) => `${ring.name}:${ring.devices.length}`).join(',')}`;
      if (typeof value === 'object' && value !== null) {
        const { name: of, version } = value as { name?: string; version?: string };
        return `${name}=${of ?? ''} ${version ?? ''}`.trim();
      }
      const text = /^[0-9a-f]{64}$/.test(`${value}`) ? `${value}`.slice(0, 12) : `${value}`;
      return /\s/.test(text) ? `${name}='${text}'` : `${name}=${text}`;
    })
    .join(' ');
}
