// Verdicts on windows: for second cuts that leave a window which was judged before.

import type { Window } from '../device/window.ts';
import type { Verdict } from './recovered.ts';

export class JudgedWindows {
  /** By key and by kind, which are numbers of one row. */
  private readonly verdicts = new Map<number, Verdict>();

  /** From a window that is not firm one boot says nothing of the next. */
  keep({ key, kind, firm }: Window, verdict: Verdict): Verdict {
    if (!firm) return verdict;
    const known = { ...verdict, boot: undefined };
    this.verdicts.set(key, known);
    this.verdicts.set(kind, known);
    return verdict;
  }

  find({ kind }: Window): Verdict | undefined {
    return this.verdicts.get(kind);
  }

  forget(): void {
    this.verdicts.clear();
  }
}
