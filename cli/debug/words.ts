// Where a recorded run was stopped, in words: the time, why, the function, and the line of the source.

import { resolve } from 'node:path';
import type { ShownFrame, Stand } from '../../hil/debug/debugger.ts';
import { shownPath } from '../../host/tools/coverage/find-map.ts';
import { readIfThere, repositoryRoot } from '../../host/tools/guest.ts';

const texts = new Map<string, string[] | undefined>();

/** The lines of a source; undefined when it is not there. */
export function sourceLines(file: string): string[] | undefined {
  const path = resolve(repositoryRoot, file);
  if (!texts.has(path)) texts.set(path, readIfThere(path)?.toString().split('\n'));
  return texts.get(path);
}

/** Seconds with all their digits. */
export const exactTime = (ns: number): string => `${(ns / 1e9).toFixed(9)} s`;

/** What a function is called: without its folders, which its file has. */
export const shortName = (name: string): string => name.split('/').at(-1) ?? name;

export function frameText({ function: name, file, line }: ShownFrame): string {
  const place = file === undefined ? 'no source line' : `${shownPath(file)}:${line}`;
  return `${place} in ${shortName(name)}`;
}

/** A line of a source with its number; the present one is marked. */
export function lineText(file: string, line: number, isHere = true): string {
  const text = sourceLines(file)?.[line - 1];
  return text === undefined ? '' : `${isHere ? '>' : ' '} ${String(line).padStart(4)}  ${text}`;
}

const outcomes = { hit: '', start: 'the beginning of the recording', end: 'the end of the recording' } as const;

export function standText({ timeNs, cycle, inCore, frames, outcome, hit }: Stand): string {
  const reasons = [
    outcome === 'interrupted' ? 'interrupted' : outcomes[outcome],
    hit?.breakpoint === undefined ? '' : `breakpoint ${hit.breakpoint}`,
    hit?.text ?? '',
  ].filter((reason) => reason !== '');
  const head = `${exactTime(timeNs)}, cycle ${cycle}${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`;
  if (!inCore) return `${head}\nthe core sleeps`;
  const [frame] = frames;
  if (frame === undefined) return head;
  const source = frame.file === undefined ? '' : lineText(frame.file, frame.line ?? 0);
  return [head, frameText(frame), source].filter((line) => line !== '').join('\n');
}

/** For --json. */
export function standJson({ timeNs, cycle, inCore, frames, outcome, hit }: Stand): object {
  return {
    ...{ timeNs, cycle, inCore, outcome, reason: hit?.text ?? '', breakpoint: hit?.breakpoint ?? null },
    frames: frames.map(({ function: name, file, line }) => ({
      function: name,
      file: file === undefined ? null : shownPath(file),
      line: line ?? null,
    })),
  };
}
