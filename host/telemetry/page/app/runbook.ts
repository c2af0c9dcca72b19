// A page of a runbook has the colours that were chosen for the boards.

import { applyTheme } from './theme.ts';

applyTheme();
