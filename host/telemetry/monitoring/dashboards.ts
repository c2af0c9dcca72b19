// The three dashboards, as data: Grafana's JSON is made of them, and a page of one's own can be.

import { debug } from './debug.ts';
import { executive } from './executive.ts';
import { onCall } from './on-call.ts';
import type { Dashboard } from './panel.ts';

export const dashboards: readonly Dashboard[] = [executive, onCall, debug];
