// Why a block is not reached: a list of reasons, each of which says which blocks it is for.
//
// What must stay true: the first reason that fits counts, so that the particular ones come before the general ones.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../host/tools/guest.ts';

/** A block as a reason knows it. */
export interface ReasonedBlock {
  functionName: string;
  file: string | undefined;
  /** Its source line, without its indentation; empty where there is none. */
  text: string;
  /** It ends in a trap: an assertion failed. */
  isAssertion: boolean;
}

export interface Reason {
  /** Of the function's name. */
  functions?: RegExp;
  /** Of the source line, without its indentation. */
  text?: RegExp;
  file?: RegExp;
  assertion?: true;
  reason: string;
}

/** Of a block that has no source line. */
export const noText = /^$/;

export function reasonAmong(
  reasons: readonly Reason[],
  { functionName, file, text, isAssertion }: ReasonedBlock,
): Reason | undefined {
  return reasons.find(
    (each) =>
      (each.assertion === undefined || isAssertion) &&
      (each.functions?.test(functionName) ?? true) &&
      (each.text?.test(text) ?? true) &&
      (each.file?.test(file ?? '') ?? true),
  );
}

/** Reads lines of our sources, without their indentation, and each file once; a line is empty where it is none of ours. */
export function sourceTexts(): (file: string | undefined, line: number | undefined) => string {
  const files = new Map<string, string[]>();
  return (file, line) => {
    if (file === undefined || line === undefined || file.startsWith('~lib')) return '';
    const lines = files.get(file) ?? readFileSync(join(repositoryRoot, file), 'utf8').split('\n');
    files.set(file, lines);
    return lines[line - 1]?.trim() ?? '';
  };
}
