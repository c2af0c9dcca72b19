// The sentences about the scenarios of every proof.

import { loadProof, proofs } from '../proofs.ts';
import type { ScenarioTexts } from './render.ts';

export async function scenarioTexts(): Promise<ScenarioTexts> {
  const loaded = await Promise.all(proofs.map(({ name }) => loadProof(name)));
  return new Map(loaded.map(({ name, scenarios }) => [name, scenarios]));
}
