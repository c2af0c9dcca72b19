// The two doors of a fleet: who may do what, and what is put on record (audit/). Everything that is asked of a fleet passes both (fleet.ts).
//
// What must stay true: without a rule that allows it, nothing is allowed; a refusal is on record like what was done.

import type { Audit } from './audit/audit-log.ts';

/** Who asks. A device is known by its token or certificate, a person by theirs; `fleet` is the server itself. */
export interface Who {
  kind: 'person' | 'device' | 'fleet';
  name: string;
}

/** What is asked for: the names of commands (rollout/commands.ts), and of what is only read. */
export type Verb = string;

/** What it is asked about: a device, a rollout, or the fleet. */
export interface What {
  kind: 'fleet' | 'device' | 'rollout' | 'release';
  name: string;
}

/** What is known of what is asked about. */
export interface AccessContext {
  /** Person who made the rollout that is asked about. */
  createdBy?: string;
  /** To resume it is to approve its next ring. */
  isApproval?: boolean;
}

export interface Access {
  /** Undefined: it is allowed. A text: why not, and what to do. */
  allow(who: Who, verb: Verb, what: What, context?: AccessContext): string | undefined;
}

export const denyAll: Access = { allow: () => 'nobody has been allowed anything here' };

/** What a device asks about itself. */
export const deviceVerbs: readonly Verb[] = [
  'poll',
  'take',
  'report',
  'retrieved',
  'feedback',
  'cancel-feedback',
  'confirm',
  'download',
];

/** Rules for a server on one machine: a device may ask about itself; who has the operator's token may do everything; the fleet itself watches. */
export const localAccess: Access = {
  allow(who, verb, what) {
    if (who.kind !== 'device') return undefined;
    if (!deviceVerbs.includes(verb)) return `a device may not ${verb}`;
    if (what.kind === 'device' && what.name === who.name) return undefined;
    return `device ${who.name} may ask about itself only, not about ${what.kind} ${what.name}`;
  },
};

export const noAudit: Audit = { record: async () => 0 };

export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';
}
