// Settings of the sequencers from the command line: `--set [NAME.]setting[index]=value` and `--input [NAME=]level,level,…`. An option without
// a name is for all sequencers. And the levels that acquisitions measure when only a seed is given.

import type { Setting } from '../../hil/rig/pulse/run.ts';
import { Random } from '../../host/board/random.ts';
import { closest } from '../../host/tools/q1/operand.ts';
import { SequenceLayout } from '../../protocol/q1/sequence.ts';
import { SequencerSetting, sequencerSettings } from '../../protocol/q1/settings.ts';
import { ExitCode, Failure } from '../failure.ts';

/** Names of the settings, in lower case. RESPONSES_MAX in the table is a limit, not a setting. */
const settable = Object.keys(sequencerSettings.values)
  .filter((name) => name !== 'RESPONSES_MAX')
  .map((name) => name.toLowerCase());

const usage = (option: string, text: string, expected: string): Failure =>
  new Failure('OPTION', `${option} ${text}: expected ${expected}`, { exitCode: ExitCode.USAGE });

/** Settings of each sequencer, in the order of the options. */
export function parseSettings(texts: string[], names: string[]): Setting[][] {
  const settings: Setting[][] = names.map(() => []);
  for (const text of texts) {
    const match = /^(?:(.+)\.)?([a-z_]+)(?:\[(\d+)\])?=(-?(?:0x[0-9a-fA-F]+|\d+))$/.exec(text);
    if (match === null) throw usage('--set', text, '[NAME.]setting=number or [NAME.]setting[index]=number');
    const [, name, setting, index, value] = match;
    if (!settable.includes(setting)) {
      const close = closest(setting, settable);
      const advice = close === undefined ? `one of ${settable.join(', ')}` : close;
      throw usage('--set', text, advice);
    }
    const key = setting.toUpperCase() as keyof typeof SequencerSetting;
    const number = value.startsWith('-') ? -Number(value.slice(1)) : Number(value);
    const entry: Setting = index === undefined ? [key, number] : [key, number, Number(index)];
    for (const sequencer of indicesOf('--set', text, name, names)) settings[sequencer].push(entry);
  }
  return settings;
}

/** Levels that the acquisitions measure, one after the other, as settings. A level is of path 0, or path0:path1, in full scale. */
export function parseInputs(texts: string[], names: string[]): Setting[][] {
  const settings: Setting[][] = names.map(() => []);
  for (const text of texts) {
    const match = /^(?:(.+)=)?([^=]+)$/.exec(text);
    const levels = match?.[2].split(',').map((part) => part.split(':').map(Number)) ?? [];
    const good = levels.every((pair) => pair.length <= 2 && pair.every((level) => Math.abs(level) <= 1));
    if (match === null || !good || levels.length > SequencerSetting.RESPONSES_MAX) {
      const most = SequencerSetting.RESPONSES_MAX;
      throw usage(
        '--input',
        text,
        `[NAME=]level,level,… from -1 to 1, or path0:path1 for both paths; at most ${most} of them`,
      );
    }
    for (const sequencer of indicesOf('--input', text, match[1], names)) {
      settings[sequencer].push(...responses(levels.map(([path0, path1 = 0]) => [path0, path1])));
    }
  }
  return settings;
}

/** The seed decides which acquisitions measure +0.5 and which -0.5 of full scale on path 0, like a qubit that is read out. */
export function randomInputs(seed: number, names: string[]): Setting[][] {
  return names.map((_, sequencer) => {
    const chance = new Random(seed + sequencer * 2 ** 32);
    return responses(
      Array.from({ length: SequencerSetting.RESPONSES_MAX }, () => [chance.next() % 2 === 1 ? 0.5 : -0.5, 0]),
    );
  });
}

function responses(levels: [path0: number, path1: number][]): Setting[] {
  const half = (level: number) =>
    Math.max(-32768, Math.min(32767, Math.trunc(level * SequenceLayout.FULL_SCALE))) & 0xffff;
  return [
    ...levels.map(([path0, path1], index): Setting => ['RESPONSE', half(path0) + half(path1) * 0x1_0000, index]),
    ['RESPONSE_COUNT', levels.length],
  ];
}

function indicesOf(option: string, text: string, name: string | undefined, names: string[]): number[] {
  if (name === undefined) return names.map((_, index) => index);
  const index = names.indexOf(name);
  if (index < 0) throw usage(option, text, `a sequencer: ${names.join(', ')}`);
  return [index];
}
