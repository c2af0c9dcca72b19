// What must hold after every fault, for the scenarios of this folder.

import { beats, coldEnough, type InsideRig, remembers, within } from '../index.ts';

type EventName = Parameters<typeof remembers>[0];

/** For this long no stage gets warmer than it ever may; then the firmware beats, and what happened is still known after one more reset. */
export async function endsWell(rig: InsideRig, noticedAs: EventName, time = '30 s'): Promise<void> {
  await rig.stays(coldEnough('4K'), time);
  await rig.until(beats(), within('3 s'));
  rig.pullReset();
  await rig.wait('3 s');
  await rig.check(remembers(noticedAs));
}
