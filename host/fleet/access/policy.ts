// Rules of a fleet in Cedar: read, validated against the schema, and asked. What no rule permits is refused, and a forbid beats every permit.
//
// What must stay true: a policy that does not fit the schema is never in force; a question in words that the schema does not have is refused, not
// an error. The engine is loaded when the first policy is read, because it takes longer to load than most commands take.

import { createRequire } from 'node:module';
import type { DetailedError, EntityUidJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Access, AccessContext, Verb, What, Who } from '../doors.ts';
import { AccessError } from './error.ts';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');
let engine: Cedar | undefined;
const cedar = (): Cedar => {
  // Required, not imported: the doors of a fleet answer at once, so the engine must be there without waiting.
  engine ??= createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as Cedar;
  return engine;
};

export interface PolicyText {
  /** File name for messages. */
  name: string;
  text: string;
}

/** Which roles a person has; whoever is not known has none. */
export type RolesOf = (person: string) => readonly string[];

export interface Answer {
  isAllowed: boolean;
  /** The rules that decided, by their @id; none where nothing permits it. */
  rules: string[];
}

const typeOf: Record<Who['kind'] | What['kind'], string> = {
  person: 'Person',
  device: 'Device',
  fleet: 'Fleet',
  rollout: 'Rollout',
  release: 'Release',
};

let made = 0;

export class Policy {
  /** What can be asked, in the order of their names. */
  readonly verbs: readonly Verb[];
  private readonly id: string;
  private readonly rules: readonly string[];

  /** Throws an AccessError with file, line and what was expected. */
  constructor(policy: PolicyText, schema: PolicyText) {
    this.id = `policy ${++made}`;
    refuse(schema, cedar().preparseSchema(this.id, schema.text));
    refuse(policy, cedar().preparsePolicySet(this.id, { staticPolicies: policy.text }));
    const found = cedar().validate({ schema: schema.text, policies: { staticPolicies: policy.text } });
    refuse(policy, found);
    if (found.type === 'success' && found.validationErrors.length > 0)
      throw errorIn(policy, found.validationErrors[0].error);
    this.rules = namesOf(policy);
    this.verbs = verbsOf(schema);
  }

  ask(who: Who, verb: Verb, what: What, roles: readonly string[], context: AccessContext = {}): Answer {
    const principal = { type: who.kind === 'fleet' ? 'Server' : typeOf[who.kind], id: who.name };
    const resource = { type: typeOf[what.kind], id: what.name };
    const parents = roles.map((id): EntityUidJson => ({ type: 'Role', id }));
    const asked = cedar().statefulIsAuthorized({
      principal,
      action: { type: 'Action', id: verb },
      resource,
      context: contextOf(context),
      preparsedSchemaName: this.id,
      preparsedPolicySetId: this.id,
      validateRequest: true,
      entities: [{ uid: principal, attrs: {}, parents }],
    });
    // A question that the schema does not have is not an error of who asks the engine: nothing permits it.
    if (asked.type === 'failure') return { isAllowed: false, rules: [] };
    const { decision, diagnostics } = asked.response;
    const rules = diagnostics.reason.map((id) => this.rules[Number(id.slice('policy'.length))] ?? id);
    return { isAllowed: decision === 'allow' && diagnostics.errors.length === 0, rules };
  }
}

/** The door of a fleet, by a policy. */
export class PolicyAccess implements Access {
  private readonly policy: Policy;
  private readonly rolesOf: RolesOf;

  constructor(policy: Policy, rolesOf: RolesOf) {
    this.policy = policy;
    this.rolesOf = rolesOf;
  }

  allow(who: Who, verb: Verb, what: What, context?: AccessContext): string | undefined {
    const roles = who.kind === 'person' ? this.rolesOf(who.name) : [];
    const { isAllowed, rules } = this.policy.ask(who, verb, what, roles, context);
    if (isAllowed) return undefined;
    const asker =
      who.kind === 'person'
        ? `person ${who.name} (${roles.join(', ') || 'without a role'})`
        : `${who.kind} ${who.name}`;
    const why = rules.length === 0 ? 'no rule of the policy permits it' : `the policy forbids it: ${rules.join('; ')}`;
    return `${asker} may not ${verb} ${what.kind} ${what.name}: ${why}`;
  }
}

function contextOf({ createdBy, isApproval }: AccessContext) {
  return {
    ...(createdBy !== undefined && { createdBy: { __entity: { type: 'Person', id: createdBy } } }),
    ...(isApproval !== undefined && { isApproval }),
  };
}

function verbsOf(schema: PolicyText): Verb[] {
  const answer = cedar().schemaToJson(schema.text);
  refuse(schema, answer);
  const namespaces = Object.values((answer as { json: Record<string, { actions?: object }> }).json);
  return namespaces.flatMap(({ actions }) => Object.keys(actions ?? {})).sort();
}

/** The @id of each rule, in the order of the file, which is how the engine numbers them. */
function namesOf(policy: PolicyText): string[] {
  const parts = cedar().policySetTextToParts(policy.text);
  if (parts.type === 'failure') throw errorIn(policy, parts.errors[0]);
  return parts.policies.map((text, at) => {
    const name = /@id\("((?:[^"\\]|\\.)*)"\)/.exec(text)?.[1];
    if (name !== undefined) return name;
    throw new AccessError(`${policy.name}: rule ${at + 1} has no name; write @id("what it is for") in front of it`);
  });
}

function refuse(file: PolicyText, answer: { type: 'success' } | { type: 'failure'; errors: DetailedError[] }): void {
  if (answer.type === 'failure') throw errorIn(file, answer.errors[0]);
}

function errorIn({ name, text }: PolicyText, { message, help, sourceLocations = [] }: DetailedError): AccessError {
  const [place] = sourceLocations;
  const before = Buffer.from(text)
    .subarray(0, place?.start ?? 0)
    .toString();
  const line = place === undefined ? '' : `:${before.split('\n').length}`;
  const label = place?.label ? `; ${place.label}` : '';
  return new AccessError(`${name}${line}: ${message}${label}${help ? ` (${help})` : ''}`);
}
