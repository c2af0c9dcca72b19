// `coldrig debug`: commands from the command line and from a prompt, answers in words and for machines, and what cannot be done.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineScenario, runScenario } from '../../hil/rig/scenario/scenario.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { coldrig, command } from '../testing.ts';
import { DapReader, dapMessage } from './dap-wire.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-debug-'));
const file = join(folder, 'failure.coldrig');
const debug = (commands: string, ...more: string[]) => coldrig(['debug', file, '--commands', commands, ...more]);

beforeAll(async () => {
  // From the factory, because a settled device takes a second to make.
  const scenario = defineScenario('boots in no time', { needs: 'inside', from: 'factory' }, async (rig) => {
    rig.powerOn();
    await rig.wait('49 ms');
    throw new Error('it still boots');
  });
  writeFileSync(file, (await runScenario(scenario)).failureFile as Uint8Array);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What cannot be done, and the beginning of what is said about it. */
const mistakes = [
  ['fly', "there is no command 'fly'; help lists them"],
  ['step sideways', "'sideways' is no whole number from 1 to"],
  ['at noon', "'noon' is no time; write a number and its unit: 1.2s, 300ms"],
  ['break write RAILS.NONE', "register 'RAILS.NONE': RAILS has no NONE; it has"],
  ['break firmware/mein.ts:3', 'no code of this run comes from firmware/mein.ts'],
  ['delete 7', 'there is no breakpoint 7'],
  ['registers NONE', "'NONE' is no peripheral; there are FLASH, RESET"],
  ['print', 'print what?'],
  ['print ram 0xffffffff', 'there is no RAM at 0xffffffff'],
  ['print RAILS.ENABLE[3]', 'RAILS.ENABLE[3]: it has one word'],
  ['print WATCHDOG.FEED', 'WATCHDOG.FEED is write-only'],
  ['list', 'there is no source line here'],
] as const;

describe('coldrig debug', () => {
  it('goes back from the end to a breakpoint, and shows time, reason, source and registers', async () => {
    const { code, stdout } = await debug(
      'b event FIRMWARE_START; rc; w; l; p RESET.CAUSE; r WATCHDOG; events 2; pending; b; d 1',
    );
    expect(code).toBe(0);
    const [head, ...rest] = stdout.split('(coldrig) rc\n')[1].split('\n');
    expect(head).toMatch(/^0\.0\d{8} s, cycle \d+: breakpoint 1, event FIRMWARE_START: slot A/);
    expect(rest[0]).toMatch(/^protocol\/guest\/record-event\.ts:\d+ in recordEvent$/);
    expect(rest[1]).toMatch(/^> +\d+ .*writeRecorderEvent\(/);
    expect(stdout).toMatch(/^#\d+ {2}firmware\/main\.ts:\d+ in reset$/m);
    expect(stdout).toMatch(/^RESET\.CAUSE = 1 \(0x1\)$/m);
    expect(stdout).toMatch(/^WATCHDOG\.CONTROL +0x00000001 +ENABLE 1$/m);
    expect(stdout).toMatch(/ FIRMWARE_START +0 /);
    expect(stdout).toMatch(/ ns from here +WATCHDOG_EXPIRED$/m);
    expect(stdout.trimEnd()).toMatch(/1 {2}event FIRMWARE_START\n\(coldrig\) d 1\nno breakpoints$/);
  });

  it('answers machines', async () => {
    const { json } = await debug('at 20 ms; back; print ram 0x10 4; start', '--json');
    expect(json.ok).toBe(false);
    const [opened, at, back, ram, start] = json.answers as Record<string, unknown>[];
    expect(opened).toMatchObject({ command: '', inCore: false, outcome: 'end', frames: [] });
    expect(at).toMatchObject({ command: 'at 20 ms', inCore: true, outcome: 'hit', breakpoint: null });
    expect(at.timeNs).toBeGreaterThanOrEqual(20_000_000);
    expect(back.timeNs).toBeLessThan(at.timeNs as number);
    expect(back.frames).toContainEqual({
      ...{ function: 'bootloader/main/reset', file: 'bootloader/main.ts', line: expect.any(Number) },
    });
    expect(ram).toMatchObject({ address: 16, bytes: expect.stringMatching(/^[0-9a-f]{8}$/) });
    expect(start).toEqual({ command: 'start', error: "there is no command 'start'; help lists them" });
  });

  it('refuses a file that is none, and options of another kind of file', async () => {
    writeFileSync(join(folder, 'none'), 'hello');
    const none = await coldrig(['debug', join(folder, 'none'), '--commands', 'where']);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('not')]);
    expect((await debug('where', '--salvage')).code).toBe(2);
  });

  it('asks: does a line after the other, repeats the last at an empty one, and leaves when it is told to; a mistake is told', async () => {
    const child = spawn(process.execPath, [command, 'debug', file], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const moves = ['break bootloader/main.ts:1', 'rcontinue', 'back', '', 'quit', 'where'];
    child.stdin.end(`${[...mistakes.map(([line]) => line), ...moves].join('\n')}\n`);
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(said).toContain("scenario 'boots in no time': seed 1");
    for (const [line, words] of mistakes) expect(said, line).toContain(`error: ${words}`);
    const cycles = [...said.matchAll(/^0\.\d{9} s, cycle (\d+)/gm)].map(([, cycle]) => Number(cycle));
    // The end, the breakpoint, and two steps back.
    expect(cycles.length).toBe(4);
    expect(cycles).toEqual(cycles.toSorted((one, other) => other - one));
  });

  it('serves an editor: breakpoints in a source, stepping back, registers, memory', async () => {
    const child = spawn(process.execPath, [command, 'debug', '--dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const reader = new DapReader();
    const seen: Record<string, unknown>[] = [];
    child.stdout.on('data', (bytes: Buffer) => seen.push(...(reader.take(bytes) as unknown as typeof seen)));
    const until = async (isIt: (message: Record<string, unknown>) => boolean) => {
      for (;;) {
        const at = seen.findIndex(isIt);
        if (at >= 0) return seen.splice(at, 1)[0];
        await once(child.stdout, 'data');
      }
    };
    let seq = 0;
    const ask = async (name: string, given: object = {}) => {
      seq++;
      child.stdin.write(dapMessage({ seq, type: 'request', command: name, arguments: given }));
      const number = seq;
      return (await until((message) => message.request_seq === number)) as {
        success: boolean;
        body: never;
        message?: string;
      };
    };
    const stop = async () => (await until(({ event }) => event === 'stopped')).body as Record<string, unknown>;
    expect((await ask('initialize')).body).toMatchObject({ supportsStepBack: true, supportsReadMemoryRequest: true });
    expect((await ask('launch', { program: file })).success).toBe(true);
    await until(({ event }) => event === 'initialized');
    const path = join(repositoryRoot, 'protocol/guest/record-event.ts');
    const line =
      readFileSync(path, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('writeRecorderEvent(')) + 1;
    const set = await ask('setBreakpoints', { source: { path }, breakpoints: [{ line }, { line: 9999 }] });
    expect(set.body).toMatchObject({ breakpoints: [{ verified: true, line }, { verified: false }] });
    await ask('configurationDone');
    expect(await stop()).toMatchObject({ reason: 'entry' });
    await ask('reverseContinue');
    expect(await stop()).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [1] });
    const { stackFrames } = (await ask('stackTrace', { threadId: 1 })).body as {
      stackFrames: Record<string, unknown>[];
    };
    expect(stackFrames[0]).toMatchObject({ line, source: { path } });
    await ask('stepBack');
    expect(await stop()).toMatchObject({ reason: 'step' });
    const { variables } = (await ask('variables', { variablesReference: 1 })).body as {
      variables: Record<string, unknown>[];
    };
    const watchdog = variables.find(({ name }) => name === 'WATCHDOG')?.variablesReference;
    expect((await ask('variables', { variablesReference: watchdog })).body).toMatchObject({
      variables: expect.arrayContaining([
        { name: 'CONTROL', value: '0x1  ENABLE 1', variablesReference: 0, evaluateName: 'WATCHDOG.CONTROL' },
      ]),
    });
    const info = await ask('dataBreakpointInfo', {
      name: 'ENABLE',
      variablesReference: variables.find(({ name }) => name === 'RAILS')?.variablesReference,
    });
    expect(info.body).toMatchObject({ dataId: 'RAILS.ENABLE' });
    expect((await ask('evaluate', { expression: 'RESET.CAUSE', context: 'hover' })).body).toMatchObject({
      result: '1 (0x1)',
    });
    expect((await ask('evaluate', { expression: 'fly', context: 'repl' })).message).toContain("no command 'fly'");
    expect(await ask('nonsense')).toMatchObject({
      success: false,
      message: "coldrig does not know the request 'nonsense'",
    });
    const memory = (await ask('readMemory', { memoryReference: '0', count: 8 })).body as { data: string };
    expect(Buffer.from(memory.data, 'base64')).toHaveLength(8);
    await ask('disconnect');
    child.stdin.end();
    expect((await once(child, 'close'))[0]).toBe(0);
  });
});
