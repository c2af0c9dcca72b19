// The schema registry: the table of records as data for other programs, and what may change from one version to the next.
//
// protocol/generated/telemetry.json is made of it. What must stay true: a version that was released is never changed; `incompatibilities` names
// every change that would make a consumer misread a record.

import { envelopeFields, SCHEMA_VERSION, type TelemetryField, type TelemetryKind, telemetryKinds } from './records.ts';

export interface TelemetryRegistry {
  schema: string;
  version: number;
  rules: readonly string[];
  envelope: readonly TelemetryField[];
  kinds: Readonly<Record<string, TelemetryKind>>;
}

export const telemetryRegistry: TelemetryRegistry = {
  schema: 'coldrig.telemetry',
  version: SCHEMA_VERSION,
  rules: [
    'A consumer of version n reads records of versions n - 1 and n + 1: the fields that it knows.',
    'A field keeps its name, type, unit and place. A new field is the last one of its kind, and has the new version in "since".',
    'A kind keeps its number and its meaning. A new kind has a number that no kind had.',
    'A field, kind or word that a consumer does not know is kept and passed on.',
    'A field whose "since" is not above the version of a record is in it; otherwise the record is refused by the name of the field.',
    'JSON has the names and values of CBOR, and u64 as decimal text.',
  ],
  envelope: envelopeFields,
  kinds: telemetryKinds,
};

export function registryText(): string {
  return `${JSON.stringify(telemetryRegistry, null, 2)}\n`;
}

/** What makes the newer schema unreadable for consumers of the older one, a sentence each; none: they are compatible. */
export function incompatibilities(older: TelemetryRegistry, newer: TelemetryRegistry): string[] {
  const faults = fieldFaults('the envelope', older, newer, older.envelope, newer.envelope);
  for (const [name, kind] of Object.entries(older.kinds)) {
    const now = newer.kinds[name];
    if (now === undefined) faults.push(`${name}: the kind is gone; keep it, and make no more records of it`);
    else if (now.number !== kind.number) faults.push(`${name}: its number was ${kind.number} and is ${now.number}`);
    else faults.push(...fieldFaults(name, older, newer, kind.fields, now.fields));
  }
  const numbers = new Map(Object.entries(older.kinds).map(([name, { number }]) => [number, name]));
  for (const [name, { number, since }] of Object.entries(newer.kinds)) {
    const had = numbers.get(number);
    if (had !== undefined && had !== name)
      faults.push(`${name}: number ${number} is that of ${had}; take the next one`);
    if (older.kinds[name] === undefined && since <= older.version)
      faults.push(`${name}: it is new, so its "since" must be above ${older.version}`);
  }
  return faults;
}

function fieldFaults(
  where: string,
  older: TelemetryRegistry,
  newer: TelemetryRegistry,
  before: readonly TelemetryField[],
  now: readonly TelemetryField[],
): string[] {
  const faults: string[] = [];
  for (const [place, field] of before.entries()) {
    const same = now[place];
    if (same?.name !== field.name) {
      faults.push(`${where}.${field.name}: it was field ${place} and is not; put new fields behind the last one`);
      continue;
    }
    for (const property of ['type', 'unit', 'since', 'count', 'absent'] as const)
      if (same[property] !== field[property])
        faults.push(
          `${where}.${field.name}: ${property} was ${field[property]} and is ${same[property]}; make a new field`,
        );
  }
  for (const field of now.slice(before.length))
    if (field.since <= older.version || field.since > newer.version)
      faults.push(
        `${where}.${field.name}: it is new in version ${newer.version}, so its "since" must be above ${older.version}`,
      );
  return faults;
}
