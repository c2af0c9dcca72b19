import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hearSignals, inSteps, untilInterrupted } from './interruption.ts';
import { command } from './testing.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-ctrl-c-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Sends the process Ctrl-C at a moment of its own: as soon as it takes care of it, or when it has listened for so many turns of its loop. */
async function interrupted(call: string[], turns: number): Promise<{ code: number | null; stderr: string }> {
  const preload = join(folder, `after-${turns}.mjs`);
  writeFileSync(
    preload,
    `const after = (turns) => turns === 0 ? process.kill(process.pid, 'SIGINT') : setImmediate(after, turns - 1);
     let once = false;
     process.on('newListener', (name) => {
       if (name !== 'SIGINT' || once) return;
       once = true;
       setImmediate(after, ${turns});
     });`,
  );
  const child = spawn(process.execPath, ['--import', preload, command, ...call], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

describe('Ctrl-C', () => {
  it.each([0, 1, 10, 100])('ends a flash with 130 from the first moment on (%i turns later)', async (turns) => {
    const call = ['flash', join(folder, 'any.bin'), '--target', 'udp://127.0.0.1:9'];
    writeFileSync(join(folder, 'any.bin'), 'any');
    const { code, stderr } = await interrupted(call, turns);
    // So late it may have found out that the file is no image.
    if (turns < 100) expect(code).toBe(130);
    expect(stderr).toMatch(/^error: .*\n$/);
  });

  it('is taken care of before anything is loaded', () => {
    expect(readFileSync(command, 'utf8')).not.toMatch(/^import /m);
  });

  it('in the moment of the end does not change how a command ended: Node is not given the time to take itself apart', async () => {
    for (const [call, expected] of [
      [['--version'], 0],
      [['image', 'info', join(folder, 'missing')], 1],
    ] as const) {
      const child = spawn(process.execPath, ['--trace-exit', command, ...call]);
      let stderr = '';
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      const [code] = await once(child, 'close');
      expect(code).toBe(expected);
      expect(stderr).toContain(`Exited the environment with code ${expected}`);
    }
  });

  it('is heard between the steps of long work', async () => {
    let heard = false;
    setTimeout(() => {
      heard = true;
    });
    function* work(): Generator<number, string> {
      for (let step = 0; !heard; step += 1) yield step;
      return 'done';
    }
    expect(await inSteps(work())).toBe('done');
    heard = false;
    setTimeout(() => {
      heard = true;
    });
    async function* waiting(): AsyncGenerator<number, string> {
      for (let step = 0; !heard; step += 1) yield step;
      return 'done';
    }
    expect(await inSteps(waiting())).toBe('done');
  });

  it('is heard between two measurements of a calibration; what was measured is kept', async () => {
    const records = join(folder, 'records');
    const child = spawn(process.execPath, [command, 'calibrate', '--channels', '0', '--records', records], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      // The first measurement was told.
      if (!stderr.includes('offset-0') && `${stderr}${text}`.includes('offset-0')) child.kill('SIGINT');
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, end: stderr.split('\n').at(-2) }).toEqual({ code: 130, end: 'error: interrupted' });
    const runs = stderr.split('\n').filter((line) => /^ *\d+ {2}/.test(line));
    expect(readdirSync(records).filter((name) => /^\d/.test(name))).toHaveLength(runs.length);
    expect(runs.length).toBeLessThan(4);
  });
});

describe('a reader that has gone', () => {
  it.each(['--help', 'cryostat solve uts', 'pulse --help', 'status --help'])(
    'is no error: coldrig %s | head',
    (call) => {
      const script = `'${process.execPath}' '${command}' ${call} | head -c 1 > /dev/null`;
      expect(execFileSync('sh', ['-c', `(${script}) 2>&1`]).toString()).toBe('');
    },
  );

  it('but a disk that is full is, and what was printed is not called done', async () => {
    const child = spawn('sh', ['-c', `exec '${process.execPath}' '${command}' cryostat solve uts > /dev/full`]);
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: the output cannot be written: ENOSPC\n' });
  });
});

it('hears a Ctrl-C that is passed on a second time as one, also when the work has ended meanwhile', () => {
  let heard = 0;
  const before = process.listenerCount('SIGTERM');
  const stop = hearSignals(['SIGINT', 'SIGTERM'], () => {
    heard += 1;
  });
  process.listeners('SIGINT').at(-1)?.('SIGINT');
  process.listeners('SIGTERM').at(-1)?.('SIGTERM');
  stop();
  // Without a listener the signal would end the process.
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  process.listeners('SIGTERM').at(-1)?.('SIGTERM');
  expect(heard).toBe(1);
});

it('says that it was interrupted also while it rests in a timer, which says only that it was aborted', async () => {
  const work = untilInterrupted((signal) => {
    process.listeners('SIGINT').at(-1)?.('SIGINT');
    return rest(1_000, undefined, { signal });
  });
  await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
});
