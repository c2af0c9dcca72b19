// `coldrig fleet person`: the file of people that a server lets in (host/fleet/access/people.ts).
//
// What must stay true: the file is there whole or not at all; it never has a secret.

import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { roles } from '../../host/fleet/access/files.ts';
import { hashOfToken, type People, type Person, personPattern, readPeople } from '../../host/fleet/access/people.ts';
import { placeOf, writeDurably } from '../../host/links/whole-file.ts';
import { alone } from '../alone.ts';
import { Failure } from '../failure.ts';
import { readInput, readText, writeOutput } from '../files.ts';
import { integerBetween } from '../options.ts';
import { refuseClashes } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { table } from '../terminal.ts';

const HELP = `
Each person has a credential of their own: a token, or a client certificate of any authority, which is known by its hash. 'coldrig fleet serve --people FILE'
reads the file again when it has changed: who is revoked is refused from the next request on.

Roles: ${roles.join(', ')}. What each may is in the policy (docs/fleet-security.md).

Example:
  coldrig fleet person add alice --role operator --days 90 --token-out alice.token
  coldrig fleet person add rita --role release-engineer --certificate rita.pem
  coldrig fleet serve --people people.json --cert server.pem --key server.key
  coldrig fleet approve 1 --token alice.token`;

interface PeopleOptions {
  people: string;
}

export function personCommand(): Command {
  const person = new Command('person')
    .description('people whom the server lets in, and their roles')
    .addHelpText('after', HELP);
  const parts = [
    of('add', 'add a person, or give them another credential')
      .argument('<person>', 'their name')
      .addOption(
        new Option('--role <role>', 'what they may; may be repeated')
          .choices(roles)
          .argParser(collectRole)
          .makeOptionMandatory(),
      )
      .option('--certificate <file>', 'their client certificate, in place of a token')
      .option('--days <n>', 'how long the credential is good (default: for ever)', integerBetween(1, 3650))
      .option('--token-out <file>', 'write the token there (default: print it)')
      .addHelpText('after', '\nWith --json: {ok, person, roles, until, token}; without token when it went to a file.')
      .action(printing(add)),
    of('revoke', 'let a person in no more').argument('<person>', 'their name').action(printing(revoke)),
    of('list', 'who is let in').action(printing(list)),
  ];
  for (const part of parts) person.addCommand(part);
  return person;
}

const of = (name: string, about: string) =>
  new Command(name).description(about).option('--people <file>', 'the file of people', 'people.json');

function collectRole(role: string, before: string[] | undefined): string[] {
  if (!(roles as readonly string[]).includes(role))
    throw new Failure('OPTION', `--role: '${role}' is no role; expected ${roles.join(', ')}`, { exitCode: 2 });
  return [...(before ?? []), role];
}

async function add(
  options: PeopleOptions & { role: string[]; certificate?: string; days?: number; tokenOut?: string },
  name: string,
): Promise<Result> {
  const { people: path, role, certificate, days, tokenOut } = options;
  if (!personPattern.test(name))
    throw new Failure('OPTION', `'${name}' is no name: 1 to 64 letters, digits, . _ @ and -`, { exitCode: 2 });
  refuseClashes({ '--people': path, '--token-out': tokenOut }, { '--certificate': certificate });
  const token = certificate === undefined ? randomBytes(24).toString('base64url') : undefined;
  const until = days === undefined ? undefined : new Date(Date.now() + days * 86_400_000).toISOString();
  const person: Person = {
    roles: [...new Set(role)],
    ...(token !== undefined && { token: hashOfToken(token) }),
    ...(certificate !== undefined && { certificate: hashOfCertificate(certificate) }),
    ...(until !== undefined && { until }),
  };
  await changing(path, () => {
    const people = peopleIn(path, true);
    if (token !== undefined && tokenOut !== undefined)
      writeOutput(tokenOut, `${token}\n`, 'the token', { mode: 0o600 });
    write(path, { ...people, [name]: person });
  });
  const shown = token !== undefined && tokenOut === undefined;
  const how =
    token === undefined
      ? 'known by their certificate'
      : shown
        ? `their token, shown once: ${token}`
        : `their token is in ${tokenOut}`;
  return {
    text: `${name} (${person.roles.join(', ')}) is in ${path}; ${how}`,
    json: { person: name, roles: person.roles, until: until ?? null, ...(shown && { token }) },
  };
}

async function revoke({ people: path }: PeopleOptions, name: string): Promise<Result> {
  const revoked = await changing(path, () => {
    const people = peopleIn(path, false);
    const person = people[name];
    if (person === undefined)
      throw new Failure('PEOPLE', `${path} has no ${name}; it has ${Object.keys(people).join(', ') || 'nobody'}`);
    const since = person.revoked ?? new Date().toISOString();
    write(path, { ...people, [name]: { ...person, revoked: since } });
    return since;
  });
  return { text: `${name} is let in no more`, json: { person: name, revoked } };
}

function list({ people: path }: PeopleOptions): Result {
  const people = Object.entries(peopleIn(path, false)).map(
    ([name, { roles: has, token, certificate, until, revoked }]) => ({
      ...{ name, roles: has, by: token ? 'token' : certificate ? 'certificate' : null },
      ...{ until: until ?? null, revoked: revoked ?? null },
    }),
  );
  const rows = people.map(({ name, roles: has, by, until, revoked }) => [
    ...[name, has.join(', '), by ?? 'no credential'],
    revoked === null ? (until === null ? '' : `until ${until}`) : `revoked ${revoked}`,
  ]);
  return { text: rows.length === 0 ? 'nobody' : table(rows), json: { people } };
}

/** Two commands at once would each write what they have read: who was revoked by one of them would be let in again by the other. */
const changing = <Answer>(path: string, work: () => Answer) => alone(`${placeOf(path)}.lock`, path, work);

function peopleIn(path: string, mayBeNew: boolean): People {
  if (mayBeNew && !existsSync(path)) return {};
  try {
    return readPeople({ name: path, text: readText(path, 'the people') });
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessError')
      throw new Failure('PEOPLE', error.message, { cause: error });
    throw error;
  }
}

function write(path: string, people: People): void {
  writeDurably(path, `${JSON.stringify({ people }, null, 2)}\n`);
}

function hashOfCertificate(path: string): string {
  try {
    return createHash('sha256')
      .update(new X509Certificate(readInput(path, 'the certificate')).raw)
      .digest('hex');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('PEOPLE', `${path}: expected a certificate in PEM (${(error as Error).message})`, {
      cause: error,
    });
  }
}
