// Whether a flash holds what was read of it, with one comparison for each page.
//
// A page is copied before it is written, and a page that was shown is never written: the same page object always has the same content. So a page that
// was compared once is not compared again. What must stay true: no page that is passed in here is written later (`picture` ensures it).

/** Words of a page, from `from` up to but not including `to`, which were read. */
export interface CellsLook {
  page: number;
  from: number;
  to: number;
  /** The page as it was then. */
  seen: Int32Array;
}

interface PageCheck {
  page: number;
  seen: Int32Array;
  /** Pairs of from, to: words that were looked at, in order, not touching. */
  ranges: number[];
  /** Other pages that hold the same words there. */
  passed: WeakSet<Int32Array>;
}

export class PageChecks {
  private readonly checks: PageCheck[];

  constructor(looks: readonly CellsLook[]) {
    const byPage = new Map<number, CellsLook[]>();
    for (const look of looks) {
      const known = byPage.get(look.page);
      if (known) known.push(look);
      else byPage.set(look.page, [look]);
    }
    this.checks = Array.from(byPage, ([page, own]) => ({
      ...{ page, seen: own[0].seen, ranges: rangesOf(own), passed: new WeakSet<Int32Array>() },
    }));
  }

  agree({
    cells,
    weak,
    weakPages,
  }: {
    cells: readonly Int32Array[];
    weak: readonly (Int32Array | undefined)[];
    weakPages: number;
  }): boolean {
    for (const check of this.checks) {
      const page = cells[check.page];
      if (page !== check.seen && !holds(check, page)) return false;
      const mask = weakPages === 0 ? undefined : weak[check.page];
      if (mask && isAnySet(mask, check.ranges)) return false;
    }
    return true;
  }
}

function rangesOf(looks: readonly CellsLook[]): number[] {
  const ranges: number[] = [];
  for (const { from, to } of [...looks].sort((one, other) => one.from - other.from)) {
    if (ranges.at(-1) === from) ranges[ranges.length - 1] = to;
    else ranges.push(from, to);
  }
  return ranges;
}

function holds({ seen, ranges, passed }: PageCheck, page: Int32Array): boolean {
  if (passed.has(page)) return true;
  for (let range = 0; range < ranges.length; range += 2)
    for (let word = ranges[range]; word < ranges[range + 1]; word++) if (page[word] !== seen[word]) return false;
  passed.add(page);
  return true;
}

function isAnySet(mask: Int32Array, ranges: readonly number[]): boolean {
  for (let range = 0; range < ranges.length; range += 2)
    for (let word = ranges[range]; word < ranges[range + 1]; word++) if (mask[word] !== 0) return true;
  return false;
}
