// An install that its user may only read: what is built, and the development key, go to a cache folder of the user.

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { developmentImages } from '../host/tools/build.ts';
import { compileGuests } from '../host/tools/compile.ts';
import { repositoryRoot } from '../host/tools/guest.ts';
import { sequencerSource } from '../host/tools/sequencer.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
/** Root may write whatever the mode says, so it runs the command as nobody. */
const asNobody = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
const canRun =
  process.platform !== 'win32' &&
  spawnSync('env', [...asNobody, 'cat', join(repositoryRoot, 'node_modules', 'tsx', 'package.json')]).status === 0;
if (!canRun) console.log('no test of a read-only install: this system has no setpriv, or nobody may read the packages');

const folders = ['bootloader', 'cli', 'firmware', 'hil', 'host', 'protocol'];
const parts = [...folders, 'package.json', 'package-lock.json', 'tsconfig.json', 'asconfig.json'];

/** Without the packages and the guests: those are the repository's own, where other tests write at the same time. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !name.startsWith('node_modules') && !name.startsWith(join('build', 'guest', '/')));

interface Ended {
  code: number | string | null | undefined;
  stdout: string;
  stderr: string;
}

describe.skipIf(!canRun)('an install that may only be read', () => {
  let folder = '';
  const install = () => join(folder, 'install');
  const home = (name: string) => join(folder, name);
  const caches = (name: string) => join(home(name), '.cache', 'coldrig');

  function call(words: string[], environment: Record<string, string>): Promise<Ended> {
    const [command, ...rest] = [...asNobody, process.execPath, join(install(), 'cli', 'coldrig.mjs'), ...words];
    const env = { PATH: process.env.PATH, NO_COLOR: '1', ...environment };
    return new Promise((resolve) => {
      execFile(command, rest, { env, cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, stdout, stderr }),
      );
    });
  }

  function makeHome(name: string): string {
    mkdirSync(home(name));
    if (isRoot) chownSync(home(name), nobody, nobody);
    return home(name);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-read-only-'));
    chmodSync(folder, 0o755);
    for (const path of parts) cpSync(join(repositoryRoot, path), join(install(), path), { recursive: true });
    symlinkSync(join(repositoryRoot, 'node_modules'), join(install(), 'node_modules'));
    // Guests are compiled already, as by an administrator, so that this takes seconds.
    const entries = ['bootloader/main.ts', sequencerSource, developmentImages[0].source];
    await compileGuests(entries.map((entry) => ({ entry })));
    mkdirSync(join(install(), 'build'));
    symlinkSync(realpathSync(join(repositoryRoot, 'build', 'guest')), join(install(), 'build', 'guest'));
    execFileSync('chmod', ['-R', 'a+rX,a-w', install()]);
  }, 300_000);
  afterAll(() => {
    if (existsSync(install())) execFileSync('chmod', ['-R', 'u+w', install()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs, two at once for the first time too, and both have the same key in a cache folder of the user', async () => {
    const before = filesOf(install());
    const HOME = makeHome('home');
    const run = () => call(['run', '--udp', '0', '--for', '1', '--speed', 'max', '--json'], { HOME });
    const ends = await Promise.all([run(), run()]);
    for (const { code, stderr } of ends) expect([code, stderr]).toEqual([0, '']);
    const hashes = ends.map(({ stdout }) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '').logHash);
    expect(hashes[0]).toBe(hashes[1]);
    expect(readdirSync(caches('home'))).toEqual([expect.stringMatching(/^install-[0-9a-f]{12}$/)]);
    const cache = join(caches('home'), readdirSync(caches('home'))[0]);
    expect(readdirSync(join(cache, 'keys'))).toEqual(['development.pem']);
    expect(statSync(join(cache, 'keys', 'development.pem')).mode & 0o777).toBe(0o600);
    expect(readdirSync(cache, { recursive: true }).filter((name) => `${name}`.includes('.fresh-'))).toEqual([]);
    expect(filesOf(install())).toEqual(before);
  });

  it('goes where XDG_CACHE_HOME says', async () => {
    const XDG_CACHE_HOME = makeHome('other');
    const { code, stderr } = await call(['run', '--udp', '0', '--for', '1', '--speed', 'max'], {
      XDG_CACHE_HOME,
      HOME: '/',
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(readdirSync(XDG_CACHE_HOME)).toEqual(['coldrig']);
  });

  it('says what to set where no folder may be written, and does without one what needs none', async () => {
    const HOME = join(folder, 'nowhere');
    const { code, stderr } = await call(['run', '--udp', '0', '--for', '1'], { HOME });
    expect(stderr.replace(/\s+/g, ' ')).toMatch(
      /^error: coldrig builds firmware .*install\/build may not be written, and neither may .*nowhere\/\.cache\/coldrig\/install-\w+ \(EACCES\); set XDG_CACHE_HOME to a folder that you may write $/,
    );
    expect(code).toBe(1);
    expect((await call(['--version'], { HOME })).code).toBe(0);
  });
});
