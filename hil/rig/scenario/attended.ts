// A step that a scenario begins and does not await is not part of it: its failure would be lost, and it would go on in the next scenario.
//
// What must stay true: when the body has ended, every step that it began has ended too; a body that left one open has failed.

import type { Rig } from './rig.ts';

/** What takes time, and what can fail. */
const steps = ['wait', 'until', 'check', 'stays', 'upload', 'update', 'tryImage', 'reset', 'clearInterlock'] as const;

export async function attended<Own extends Rig>(rig: Own, body: (rig: Own) => void | Promise<void>): Promise<void> {
  const open = new Map<Promise<unknown>, string>();
  for (const name of steps) {
    const step = rig[name] as (...given: unknown[]) => Promise<unknown>;
    const noted = (...given: unknown[]): Promise<unknown> => {
      const work = step.apply(rig, given).finally(() => open.delete(work));
      open.set(work, name);
      return work;
    };
    Object.defineProperty(rig, name, { value: noted });
  }
  let left: string | undefined;
  try {
    await body(rig);
    [left] = open.values();
  } finally {
    await Promise.allSettled(open.keys());
  }
  if (left !== undefined)
    throw new Error(`rig.${left}(…) was still open when the scenario ended: write await before it`);
}
