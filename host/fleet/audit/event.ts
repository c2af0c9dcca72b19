// What an entry of the audit log says: who asked for what, what was decided, and why. Canonical JSON (RFC 8785), so that equal events are equal bytes.
//
// What must stay true: whatever somebody from outside put into an event, it can be recorded: what is too long is cut and says so.

import { AuditError } from './error.ts';

/** Who asks, or what is asked about. */
export interface Party {
  /** `person`, `device`, `gateway`, `fleet`, `rollout`, `release` … */
  kind: string;
  name: string;
}

/** `allowed` and `refused`: what the rules said. `done` and `failed`: what came of it. */
export const decisions = ['allowed', 'refused', 'done', 'failed'] as const;
export type Decision = (typeof decisions)[number];

export interface AuditEvent {
  /** By the clock of who records it: `2026-11-30T03:00:00.000Z`. It is told, the order is that of the log. */
  time: string;
  who: Party;
  verb: string;
  what: Party;
  decision: Decision;
  /** In words, for a person. */
  reason: string;
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
/** In UTF-16 units. Six of them, each as an escape of six bytes, are below the 65,535 bytes of an entry. */
const textMost = 1_500;

export function encodeEvent(event: AuditEvent): Uint8Array {
  if (!timePattern.test(event.time))
    throw new AuditError(
      'AUDIT_ENTRY',
      `the time '${event.time}' of an event is not in UTC such as 2026-11-30T03:00:00Z`,
    );
  // Keys in the order of their names, as RFC 8785 wants.
  const party = ({ kind, name }: Party) => ({ kind: bounded(kind), name: bounded(name) });
  return Buffer.from(
    JSON.stringify({
      decision: event.decision,
      reason: bounded(event.reason),
      time: event.time,
      verb: bounded(event.verb),
      what: party(event.what),
      who: party(event.who),
    }),
  );
}

/** Undefined: it is an entry of something else. */
export function decodeEvent(bytes: Uint8Array): AuditEvent | undefined {
  let value: Partial<AuditEvent>;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { time, who, verb, what, decision, reason } = value;
  const isEvent =
    typeof time === 'string' &&
    timePattern.test(time) &&
    isParty(who) &&
    typeof verb === 'string' &&
    isParty(what) &&
    decisions.includes(decision as Decision) &&
    typeof reason === 'string';
  return isEvent ? { time, who, verb, what, decision: decision as Decision, reason } : undefined;
}

function isParty(value: unknown): value is Party {
  const { kind, name } = (value ?? {}) as Partial<Party>;
  return typeof kind === 'string' && typeof name === 'string';
}

function bounded(text: string): string {
  if (text.length <= textMost) return wellFormed(text);
  return `${wellFormed(text.slice(0, textMost))}… (${text.length - textMost} more characters)`;
}

/** Half of a surrogate pair is no text in UTF-8. */
const wellFormed = (text: string) => Buffer.from(text).toString();
