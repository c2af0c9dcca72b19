// Two records side by side: what differs in their settings and results, and by how many standard errors where both know one.

import type { RunRecord } from './record.ts';

export interface Difference {
  name: string;
  a: number | undefined;
  b: number | undefined;
  /** (b - a) over the standard error of both, where a fit knows it. */
  deviations?: number;
}

export interface Comparison {
  /** What else is not the same: node, device, image, verdict. */
  facts: { name: string; a: string; b: string }[];
  inputs: Difference[];
  results: Difference[];
  fit: Difference[];
}

const compared = ['node', 'kind', 'device', 'image', 'verdict'] as const;

export function compareRecords(a: RunRecord, b: RunRecord): Comparison {
  return {
    facts: compared.filter((name) => a[name] !== b[name]).map((name) => ({ name, a: a[name], b: b[name] })),
    inputs: differences(a.inputs, b.inputs),
    results: differences(a.results, b.results),
    fit: differences(a.fit?.parameters ?? {}, b.fit?.parameters ?? {}, (name) => {
      const [of, other] = [a.fit?.errors[name], b.fit?.errors[name]];
      return of === undefined || other === undefined ? undefined : Math.hypot(of, other);
    }),
  };
}

function differences(
  a: Record<string, number>,
  b: Record<string, number>,
  errorOf: (name: string) => number | undefined = () => undefined,
): Difference[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names
    .filter((name) => a[name] !== b[name])
    .map((name) => {
      const error = errorOf(name);
      const known = a[name] !== undefined && b[name] !== undefined && error !== undefined && error > 0;
      return { name, a: a[name], b: b[name], ...(known && { deviations: (b[name] - a[name]) / error }) };
    });
}
