// The table of a policy: every role with every verb, each asked of the policy itself, so that the documentation cannot say anything else.

import type { What, Who } from '../doors.ts';
import { roles } from './files.ts';
import type { Policy } from './policy.ts';

export interface Asker {
  title: string;
  who: Who;
  roles: readonly string[];
}

const device = (name: string) => ({ kind: 'device', name }) as const;

export const askers: readonly Asker[] = [
  ...roles.map((role) => ({ title: role, who: { kind: 'person', name: 'someone' } as const, roles: [role] })),
  { title: 'no role', who: { kind: 'person', name: 'someone' }, roles: [] },
  { title: 'device', who: device('asked about'), roles: [] },
  { title: 'another device', who: device('another'), roles: [] },
  { title: 'server', who: { kind: 'fleet', name: 'fleet' }, roles: [] },
];

const subjects: readonly What[] = [
  { kind: 'fleet', name: 'fleet' },
  device('asked about'),
  { kind: 'rollout', name: '1' },
  { kind: 'release', name: '1.0.0' },
];

/** Verb, then for each asker what it may be about; empty: nothing. */
export function tableOf(policy: Policy): { verb: string; about: string[][] }[] {
  return policy.verbs.map((verb) => ({
    verb,
    about: askers.map(({ who, roles: has }) =>
      subjects.filter((what) => policy.ask(who, verb, what, has).isAllowed).map(({ kind }) => kind),
    ),
  }));
}

export function tableText(policy: Policy): string {
  const head = ['', ...askers.map(({ title }) => title)];
  const rows = tableOf(policy).map(({ verb, about }) => [
    `\`${verb}\``,
    ...about.map((kinds) => (kinds.length === subjects.length ? 'all' : kinds.join(', '))),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
