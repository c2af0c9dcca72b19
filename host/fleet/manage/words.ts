// A fleet in the words that the command line and the page have in common.

import type { DeviceSummary, RingSummary } from './summary.ts';

/** How many devices run which release. */
export function versionsText(devices: readonly Pick<DeviceSummary, 'version'>[]): string {
  const counts = new Map<string, number>();
  for (const { version } of devices) {
    const what = version === null ? 'an image that is not known' : version;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const parts = [...counts].map(([what, count]) => `${count} on ${what}`).join(', ');
  return `${devices.length} ${devices.length === 1 ? 'device' : 'devices'}${parts === '' ? '' : `: ${parts}`}`;
}

/** What there is to say of a ring beside how many of its devices have confirmed. `span` writes a time. */
export function ringText(ring: RingSummary, span: (milliseconds: number) => string): string {
  const { open, unproven, failed, leftOut, soakLeftMs } = ring;
  return [
    ...(open > 0 ? [`${open} under way`] : []),
    ...(unproven > 0 ? [`${unproven} by their word alone: they do not say which image they run`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(leftOut > 0 ? [`${leftOut} left out`] : []),
    ...(soakLeftMs === null ? [] : [`soak time: ${span(soakLeftMs)} left`]),
  ].join(', ');
}
