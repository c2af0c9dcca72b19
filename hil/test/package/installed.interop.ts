// The installed package: its libraries with their types, a new project that passes its own tests, and docs/your-firmware.md from its first command to
// its last. What it writes goes to the user's folders, never into the install.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { publicEntries } from '../../../host/tools/package/contents.ts';
import { contentsOf, type Installed, installPackage } from './install.ts';
import { commandsOf } from './page.ts';

const outcome = installPackage();
if (typeof outcome === 'string') console.log(`the packed package is not tried: ${outcome}`);

describe.skipIf(typeof outcome === 'string')('the installed package', () => {
  const installed = outcome as Installed;
  const env = () => ({ ...process.env, XDG_CACHE_HOME: installed.cache, NO_COLOR: '1' });
  const run = (line: string, cwd = installed.folder) =>
    spawnSync('bash', ['-c', line], { cwd, env: env(), encoding: 'utf8' });
  let before: string[] = [];
  beforeAll(() => {
    before = contentsOf(installed);
  });
  afterAll(() => rmSync(dirname(installed.folder), { recursive: true, force: true }));

  it('answers at once: nothing that transpiles is installed with it but what runs scenarios', () => {
    const { status, stdout } = run('npx --no -- coldrig --help');
    expect([status, stdout]).toEqual([0, expect.stringContaining('Usage: coldrig')]);
    for (const name of ['tsx', 'esbuild', 'typescript'])
      expect(existsSync(join(installed.folder, 'node_modules', name)), name).toBe(false);
  });

  it('has libraries that another project imports', () => {
    const names = Object.keys(publicEntries).filter((name) => name !== 'hil');
    const text = `${names.map((name) => `import * as ${name} from 'coldrig/${name}';`).join('\n')}
      const { openFridge, solveBudget } = cryostat;
      console.log(solveBudget(openFridge('uts')).stages.length, image.generateKey(new Uint8Array(32)).publicKey.length);
      console.log([board.Board, smp.SmpClient, pulse.runPulse].every((each) => typeof each === 'function'));`;
    writeFileSync(join(installed.folder, 'libraries.mjs'), text);
    const { stdout, stderr } = run('node libraries.mjs');
    expect([stdout, stderr]).toEqual(['5 32\ntrue\n', '']);
  });

  it.each(['nodenext', 'bundler'])('has types that a strict project with moduleResolution %s takes', (resolution) => {
    const folder = join(installed.folder, `types-${resolution}`);
    mkdirSync(folder);
    cpSync(join(repositoryRoot, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), {
      recursive: true,
    });
    cpSync(join(repositoryRoot, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'), {
      recursive: true,
    });
    const lines = Object.keys(publicEntries).map((name) => `export * as ${name} from 'coldrig/${name}';`);
    writeFileSync(join(folder, 'all.ts'), `${lines.join('\n')}\n`);
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: false, target: 'ES2022', lib: ['ES2023'], types: ['node'] },
      ...{ module: resolution === 'bundler' ? 'ESNext' : 'NodeNext', moduleResolution: resolution },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['all.ts'] }));
    const { stdout } = spawnSync(join(repositoryRoot, 'node_modules/typescript/bin/tsc'), ['-p', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stdout.split('\n').filter((line) => line.includes('coldrig'))).toEqual([]);
    expect(stdout).toBe('');
  });

  describe('docs/your-firmware.md', () => {
    let device: ChildProcess | undefined;
    afterAll(() => device?.kill('SIGINT'));

    it('does what it says, command by command', async () => {
      const page = readFileSync(join(installed.folder, 'node_modules/coldrig/docs/your-firmware.md'), 'utf8');
      const port = await freePort();
      let cwd = installed.folder;
      const told: string[] = [];
      for (const { line, exitCode } of commandsOf(page)) {
        if (line === 'npm install coldrig') continue;
        if (line.startsWith('cd ')) {
          cwd = join(cwd, line.slice(3));
          continue;
        }
        if (line.startsWith('npx coldrig run ')) {
          device = await startDevice(`${line} --udp ${port}`, cwd);
          continue;
        }
        const { status, stdout, stderr } = run(withTarget(line, port), cwd);
        expect(status, `${line}\n${stdout}\n${stderr}`).toBe(exitCode);
        told.push(stdout + stderr);
      }
      const all = told.join('\n');
      expect(all).toMatch(/2 passed, 0 failed/);
      expect(all).toMatch(/version 1\.1\.0 runs and is confirmed/);
      expect(all).toMatch(/version 1\.2\.0 was rolled back, version 1\.1\.0 in slot B runs.*watchdog/);
      expect(all).toMatch(/version 1\.3\.0 was rolled back.*a self-test failed/);
    });

    /** Starts it in the background, and returns when it answers. */
    async function startDevice(line: string, cwd: string): Promise<ChildProcess> {
      const words = line.replace(/^npx coldrig /, '').split(' ');
      const command = join(installed.folder, 'node_modules/coldrig/cli/coldrig.mjs');
      const child = spawn(process.execPath, [command, ...words, '--json'], { cwd, env: env() });
      await once(child.stdout, 'data');
      return child;
    }
  });

  it('has written nothing into its install', () => {
    expect(contentsOf(installed)).toEqual(before);
  });
});

/** Commands that talk to a device, with the port of ours. */
function withTarget(line: string, port: number): string {
  const talks = /^npx coldrig (flash|status|tasks|bootlog|reset)\b/.test(line);
  return talks ? `${line} --target udp://127.0.0.1:${port}` : line;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
