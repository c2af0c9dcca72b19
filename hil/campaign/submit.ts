// Makes a campaign, or completes one: units that have no result and are not queued are queued.
//
// What must stay true: it may end at any moment and be called again. The plan is put last, and workers wait for it, so a campaign whose
// submission broke off is none yet.

import { bytesOf, type Plan, planOf, samePlan } from './plan.ts';
import { CampaignError, type CampaignQueue } from './queue.ts';

export interface Submitted {
  /** Whether the campaign was there already. */
  again: boolean;
  /** Units that were queued now. */
  queued: number;
  units: number;
}

export async function submit(queue: CampaignQueue, plan: Plan): Promise<Submitted> {
  const again = (await queue.get('plan')) !== undefined;
  if (again && !samePlan(await planOf(queue), plan))
    throw new CampaignError(
      'OTHER_CAMPAIGN',
      `there is another campaign '${queue.name}' on this server, with other options or of another version: give this one a name (--name), or remove that one (coldrig campaign remove ${queue.name})`,
    );
  // What an earlier submission left that did not come to its end may be units of another plan.
  if (!again) await queue.empty();
  const there = new Set([...(await queue.queued()), ...(await queue.keys('result')).map(Number)]);
  const missing = Array.from({ length: plan.units }, (_, index) => index + 1).filter((unit) => !there.has(unit));
  const failed = new Set((await queue.keys('failed')).map(Number));
  for (const unit of missing) {
    if (failed.has(unit)) await queue.drop(`failed.${unit}`);
    await queue.push(unit, bytesOf({ plan }));
  }
  if (!again) await queue.putOnce('plan', bytesOf(plan));
  return { again, queued: missing.length, units: plan.units };
}
