// A firmware that serves requests without limit. It stands apart from the test that needs it so that it is compiled before the tests.

import type { SourceChange } from '../../../host/tools/guest.ts';

export const servesWithoutLimit: SourceChange = {
  path: 'firmware/protect/request-power.ts',
  find: 'isEmpty = left <= 0 || (isEmpty && left < RESUME);',
  replace: 'left = CAPACITY;\n  isEmpty = false;',
};
