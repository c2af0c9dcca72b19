import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { repositoryRoot } from '../../tools/guest.ts';
import type { What, Who } from '../doors.ts';
import { AccessError } from './error.ts';
import { readPolicy } from './files.ts';
import { type Credential, hashOfToken, personOf, readPeople } from './people.ts';
import { PolicyAccess } from './policy.ts';
import { tableOf, tableText } from './table.ts';

const policy = readPolicy();
const people = new Map<string, readonly string[]>([
  ...([
    ['vera', ['viewer']],
    ['otto', ['operator']],
  ] as const),
  ...([
    ['rita', ['release-engineer', 'operator']],
    ['tim', ['technician']],
  ] as const),
]);
const door = new PolicyAccess(policy, (name) => people.get(name) ?? []);
const person = (name: string): Who => ({ kind: 'person', name });
const device = (name: string) => ({ kind: 'device', name }) as const;
const rollout: What = { kind: 'rollout', name: '7' };

/** Every verb, and which of the roles may: viewer, operator, release engineer, technician, nobody's, device, another device, server. */
const expected: Record<string, string> = {
  'add-device': '...T....',
  'add-release': '..R....S',
  alert: '.......S',
  approve: '.OR.....',
  calibrate: '...T....',
  'cancel-feedback': '.....D..',
  confirm: '.....D..',
  'create-rollout': '..R.....',
  deny: '.O......',
  download: '.....D..',
  enrol: '...T....',
  feedback: '.....D..',
  flash: '...T.D..',
  'free-device': '...T....',
  pause: '.OR.....',
  poll: '.....D..',
  read: 'VORT...S',
  'remove-device': '...T....',
  renew: '.....D..',
  report: '.....D..',
  resume: '.O......',
  retrieved: '.....D..',
  retry: '.O......',
  revoke: '...T....',
  start: '..R.....',
  stop: '.OR.....',
  take: '.....D..',
  waive: '.O......',
  'withdraw-release': '..R....S',
};

describe('the policy of the package', () => {
  test('permits every role exactly what is written here, of every verb there is', () => {
    const found = tableOf(policy).map(({ verb, about }) => [
      verb,
      about.map((kinds, at) => (kinds.length > 0 ? 'VORT-DXS'[at] : '.')).join(''),
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  test('is the table in the documentation', () => {
    const text = readFileSync(join(repositoryRoot, 'docs', 'fleet-security.md'), 'utf8');
    expect(text, 'run npx tsx host/fleet/access/access.generate.ts').toContain(
      `<!-- table of the policy -->\n\n${tableText(policy)}\n<!-- end -->`,
    );
  });
});

describe('a door', () => {
  test('says who may not, with which role, and that no rule permits it', () => {
    expect(door.allow(person('otto'), 'pause', rollout)).toBeUndefined();
    expect(door.allow(person('vera'), 'pause', rollout)).toBe(
      'person vera (viewer) may not pause rollout 7: no rule of the policy permits it',
    );
    expect(door.allow(person('mallory'), 'read', rollout)).toMatch(/^person mallory \(without a role\) may not read/);
  });

  test('keeps devices to themselves, whatever they call themselves', () => {
    expect(door.allow(device('ctl-1'), 'poll', device('ctl-1'))).toBeUndefined();
    expect(door.allow(device('ctl-1'), 'poll', device('ctl-2'))).toMatch(
      /the policy forbids it: a device never speaks for another$/,
    );
    expect(door.allow(device('otto'), 'pause', rollout)).toMatch(/may not pause/);
    expect(door.allow(device('fleet'), 'alert', device('fleet'))).toMatch(/no rule/);
  });

  test('a forbid beats a permit: who made a rollout does not approve it', () => {
    expect(door.allow(person('rita'), 'approve', rollout, { createdBy: 'rita' })).toMatch(
      /the policy forbids it: two people for a rollout$/,
    );
    expect(door.allow(person('otto'), 'approve', rollout, { createdBy: 'rita' })).toBeUndefined();
  });

  test('who made a rollout goes on with it after a pause of her own, but does not allow its next ring', () => {
    const made = { createdBy: 'rita' };
    expect(door.allow(person('rita'), 'resume', rollout, { ...made, isApproval: false })).toBeUndefined();
    expect(door.allow(person('rita'), 'resume', rollout, { ...made, isApproval: true })).toMatch(/for the next ring$/);
    expect(door.allow(person('otto'), 'resume', rollout, { ...made, isApproval: true })).toBeUndefined();
  });

  test('refuses what nobody has a word for, about anything, by anybody', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'read"', 'Action::"read"', 'READ', 'read\0'));
    const kind = fc.constantFrom('person', 'device', 'fleet');
    fc.assert(
      fc.property(word, word, kind, word, (verb, who, of, what) => {
        fc.pre(!policy.verbs.includes(verb));
        expect(door.allow({ kind: of as Who['kind'], name: who }, verb, { kind: 'fleet', name: what })).toMatch(
          /may not/,
        );
      }),
      cases(100),
    );
  });
});

describe('who shows a credential', () => {
  const known = readPeople({
    name: 'people.json',
    text: JSON.stringify({
      people: {
        ada: { roles: ['operator'], token: hashOfToken('token-of-ada'), until: '2026-12-31T00:00:00Z' },
        bob: { roles: ['viewer'], certificate: 'b'.repeat(64) },
        eve: { roles: ['operator'], token: hashOfToken('token-of-eve'), revoked: '2026-11-30T00:00:00Z' },
      },
    }),
  });
  const [may, december] = [Date.parse('2026-05-01T00:00:00Z'), Date.parse('2026-12-31T00:00:01Z')];
  const certificate = { hash: 'b'.repeat(64), fromMs: may - 1, untilMs: may + 1 };

  test.each<[string, Credential, number, object]>([
    ['by a token', { token: 'token-of-ada' }, may, { name: 'ada' }],
    ['by a certificate', { certificate }, may, { name: 'bob' }],
    ['that has ended', { token: 'token-of-ada' }, december, { refusal: expect.stringMatching(/ada has ended/) }],
    ['that was revoked', { token: 'token-of-eve' }, may, { refusal: expect.stringMatching(/eve was revoked/) }],
    [
      'of a certificate that has ended',
      { certificate },
      may + 2,
      { refusal: expect.stringMatching(/bob is good from/) },
    ],
    ['of nobody', { token: 'another' }, may, { refusal: expect.stringMatching(/token is nobody/) }],
    ['of nobody', { token: 'b'.repeat(64), certificate }, may, { refusal: expect.stringMatching(/token is nobody/) }],
    ['that is none', {}, may, { refusal: expect.stringMatching(/neither/) }],
  ])('is known, or is not: %s', (_what, shown, nowMs, expected) => {
    expect(personOf(known, shown, nowMs)).toEqual(expected);
  });
});

describe('a file that is wrong is refused with its line', () => {
  const rule = (text: string) => `@id("mine")\npermit (principal, action == Action::"read", resource)${text}`;
  test.each([
    ['no Cedar', 'permit everything', /^my\.cedar:1: .*unexpected token/],
    ['a verb that there is not', rule(';').replace('read', 'reed'), /^my\.cedar:2: .*unrecognized action.*reed/],
    ['an attribute that there is not', rule('\nwhen { principal.age > 3 };'), /^my\.cedar:3: .*attribute `age`/],
    [
      'a role of another type',
      rule(';').replace('principal,', 'principal in Rolle::"viewer",'),
      /^my\.cedar:2: .*unrecognized entity type.*Rolle/,
    ],
    ['a rule without a name', rule(';').replace('@id("mine")', ''), /^my\.cedar: rule 1 has no name/],
  ])('%s', (_what, text, message) => {
    expect(() => readPolicy({ name: 'my.cedar', text })).toThrow(message);
    expect(() => readPolicy({ name: 'my.cedar', text })).toThrow(AccessError);
  });

  test('an empty policy permits nothing', () => {
    expect(tableOf(readPolicy({ name: 'my.cedar', text: '' })).flatMap(({ about }) => about.flat())).toEqual([]);
  });

  test.each([
    ['{', /people\.json: expected JSON/],
    ['[]', /people: expected \{"people"/],
    [
      '{"people": {"eve": {"roles": ["boss"]}}}',
      /people\.eve: "boss" is no role; expected a list of viewer, operator, release-engineer, technician/,
    ],
    ['{"people": {"eve": {"roles": "viewer"}}}', /people\.eve: "no list" is no role/],
    ['{"people": {"eve": ["viewer"]}}', /people\.eve: expected \{"roles"/],
    ['{"people": {"eve": {"roles": [], "secret": "x"}}}', /people\.eve: 'secret' is not known/],
    ['{"people": {"eve": {"roles": [], "token": "plain"}}}', /people\.eve: token: expected a SHA-256/],
    ['{"people": {"eve": {"roles": [], "until": "soon"}}}', /people\.eve: until: expected a time/],
    // A time of the server's time zone, whichever that is.
    ['{"people": {"eve": {"roles": [], "until": "2027-06-30T00:00:00"}}}', /people\.eve: until: expected a time/],
    ['{"people": {"eve": {"roles": [], "until": "June 30, 2027"}}}', /people\.eve: until: expected a time/],
    ['{"people": {"__proto__": {"roles": []}}}', /people\.__proto__: a name has/],
  ])('people: %s', (text, message) => {
    expect(() => readPeople({ name: 'people.json', text })).toThrow(message);
  });
});
