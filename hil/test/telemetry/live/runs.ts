// How often each fault of a real process is played: a few times, more with COLDRIG_EFFORT, as everywhere.

import { seeds } from '../../../../host/board/testing/cases.ts';

export const runs = (): number[] => seeds(2);
