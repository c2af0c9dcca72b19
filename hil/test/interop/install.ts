// The programs of other people that the suite runs, installed by the suite itself into .interop/ (git ignores it): Python
// packages into a virtual environment each, Go and Rust programs only where their tools are there.
//
//   .interop/smpmgr/            virtual environment; installed.json in it says of what, once it is complete
//   .interop/pip-python3.11/    pip, which is copied into each: Python takes ten times as long to put it there
//   .interop/mcumgr/            what `go install` or `cargo install` made
//   .interop/mcumgr.refused     why it cannot be had, so that it is not tried at every run
//
// What must stay true: versions of Python packages are pinned; a program that cannot be had is an answer, not an error.

import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../../host/tools/guest.ts';

const run = promisify(execFile);
export const interopFolder = join(repositoryRoot, '.interop');

/** A program to run, or why there is none. */
export type Tool = { path: string; missing?: undefined } | { path?: undefined; missing: string };

/** First requirement: the package itself; the others are those of its parts that speak the wire. */
const pythonPackages = {
  imgtool: ['imgtool==2.4.0'],
  smpmgr: ['smpmgr==0.19.1', 'smpclient==7.3.0', 'smp==4.2.0'],
  'mcumgr-toolkit': ['mcumgr-toolkit==0.20.0'],
  'cmsis-svd': ['cmsis-svd==0.6', 'lxml==6.1.3'],
  // Its core and renderer alone, so none of what its windows need; a bench runs them (clients/run_q1simulator.py).
  q1simulator: ['q1simulator==1.3.4', 'numpy==2.2.6', '--no-deps'],
  // A compiler for the second instruction set, and the simulator that takes what it compiles (clients/q1pulse_programs.py).
  q1pulse: ['q1pulse==1.3.0', 'q1simulator==1.3.4', 'numpy==2.2.6', 'scipy==1.15.3', 'packaging==25.0', '--no-deps'],
  // The instrument's own assembler, of its last release for the first instruction set. That of later ones needs a C library of 2023.
  'qblox-instruments': ['qblox-instruments==1.0.0', '--no-deps'],
  'wave-readers': ['vcdvcd==2.6.0', 'pyvcd==0.5.1', 'numpy==2.2.6', 'perfetto==0.59.1', 'protobuf==7.36.2'],
  // It has the schemas of Kubernetes in itself.
  'kubernetes-validate': ['kubernetes-validate==1.34.1'],
  lakeshore: ['lakeshore==1.10.0'],
  // An update server with hawkBit's device API.
  goosebit: ['goosebit==0.2.12', 'aerich==0.10.1', 'fastapi==0.165.0', 'tortoise-orm==0.25.4', 'uvicorn==0.54.0'],
  // TUF's own client.
  tuf: ['tuf==7.0.1'],
  // Detectors of changes in a stream, beside ours (hil/test/telemetry/detectors.generate.ts).
  river: ['river==0.26.1', 'narwhals==2.29.0', 'numpy==2.4.6', 'scipy==1.17.1'],
  // The contributed Bluefors driver of this version runs with this version of QCoDeS; newer pairs fail at import or at the first reading.
  qcodes: ['qcodes==0.54.4', 'qcodes-contrib-drivers==0.23.0', 'pyvisa-py==0.8.1'],
};
const libraries: string[] = [
  'qblox-instruments',
  'goosebit',
  'tuf',
  'q1simulator',
  'q1pulse',
  'mcumgr-toolkit',
  'cmsis-svd',
  'wave-readers',
  'qcodes',
  'lakeshore',
  'river',
];
const oldestPython = [3, 10];
const pythonTimeoutMs = 600_000;

/** A package's program; for one that is a library only, its Python. */
export function pythonTool(name: keyof typeof pythonPackages): Promise<Tool> {
  const program = libraries.includes(name) ? 'python' : name;
  const folder = join(interopFolder, name);
  return once(name, async () => {
    const requirements = pythonPackages[name];
    const path = join(folder, 'bin', program);
    const stamp = join(folder, 'installed.json');
    const wanted = JSON.stringify(requirements);
    if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { path };
    const python = await usablePython();
    if (python.missing !== undefined) return { missing: `${name}: ${python.missing}` };
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(interopFolder, { recursive: true });
    say(`installing ${requirements.join(' ')} …`);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements];
    try {
      await makeEnvironment(python.path, folder);
      await run(join(folder, 'bin', 'python'), pip, { timeout: pythonTimeoutMs });
    } catch (error) {
      return { missing: `${name}: tried python3 -m venv and pip install ${requirements[0]}: ${reasonOf(error)}` };
    }
    writeFileSync(stamp, wanted);
    return { path };
  });
}

/** A virtual environment with pip, as `python -m venv` makes it. */
async function makeEnvironment(python: string, folder: string): Promise<void> {
  await run(python, ['-m', 'venv', '--without-pip', folder]);
  const packages = await packagesOf(folder);
  // lib/python3.11/site-packages
  const usual = join(interopFolder, `pip-${basename(dirname(packages))}`);
  if (!existsSync(usual)) await makeUsual(python, usual);
  cpSync(usual, packages, { recursive: true });
}

/** The packages of a new environment. It is complete when it has its name; of two processes that make it at once, the first gives it the name. */
async function makeUsual(python: string, usual: string): Promise<void> {
  const fresh = mkdtempSync(join(interopFolder, 'fresh-'));
  try {
    await run(python, ['-m', 'venv', fresh]);
    renameSync(await packagesOf(fresh), usual);
  } catch (error) {
    if (!existsSync(usual)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function packagesOf(folder: string): Promise<string> {
  const where = ['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"];
  const { stdout } = await run(join(folder, 'bin', 'python'), where);
  return stdout.trim();
}

async function usablePython(): Promise<Tool> {
  const path = onPath('python3');
  if (path === undefined) return { missing: 'python3 is not on PATH' };
  const { stdout } = await run(path, ['-c', 'import sys; print(*sys.version_info[:2])']);
  const [major, minor] = stdout.trim().split(' ').map(Number);
  const isNewEnough = major === oldestPython[0] && minor >= oldestPython[1];
  return isNewEnough ? { path } : { missing: `python3 is ${major}.${minor}, needs ${oldestPython.join('.')} or newer` };
}

interface Builder {
  tool: string;
  arguments: string[];
  /** Our own program on other people's libraries: made anew each time, which is quick when nothing has changed. */
  isOwn?: boolean;
  environment?: NodeJS.ProcessEnv;
  /** Where the tool runs. */
  folder?: string;
  timeoutMs: number;
}

const goPackage = 'github.com/apache/mynewt-mcumgr-cli/mcumgr@latest';
const goServer = 'github.com/nats-io/nats-server/v2@v2.15.2';
const goLinter = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const builders = {
  // Readers of transparency logs: Go's own and Tessera's (clients/tlog).
  'tlog-reader': {
    tool: 'go',
    arguments: ['build', '-o', join(interopFolder, 'tlog-reader', 'bin', 'tlog-reader'), '.'],
    folder: join(repositoryRoot, 'hil/test/interop/clients/tlog'),
    isOwn: true,
    timeoutMs: 600_000,
  },
  mcumgr: {
    tool: 'go',
    arguments: ['install', goPackage],
    environment: { GOBIN: join(interopFolder, 'mcumgr', 'bin') },
    timeoutMs: 180_000,
  },
  // Debian has it, too: apt-get install nats-server.
  'nats-server': {
    tool: 'go',
    arguments: ['install', goServer],
    environment: { GOBIN: join(interopFolder, 'nats-server', 'bin') },
    timeoutMs: 900_000,
  },
  actionlint: {
    tool: 'go',
    arguments: ['install', goLinter],
    environment: { GOBIN: join(interopFolder, 'actionlint', 'bin') },
    timeoutMs: 300_000,
  },
  'mcumgr-client': {
    tool: 'cargo',
    arguments: [
      ...['install', '--quiet', '--locked', '--version', '0.0.9'],
      ...['--root', join(interopFolder, 'mcumgr-client'), 'mcumgr-client'],
    ],
    timeoutMs: 600_000,
  },
} satisfies Record<string, Builder>;

/** Only a bench and a generator run these; they install them then. */
const elsewhere: string[] = ['q1simulator', 'river'];

/** What `make interop` runs. */
export const interopPrograms = {
  python: (Object.keys(pythonPackages) as (keyof typeof pythonPackages)[]).filter((name) => !elsewhere.includes(name)),
  built: ['mcumgr', 'mcumgr-client', 'actionlint', 'tlog-reader'],
} satisfies { python: (keyof typeof pythonPackages)[]; built: (keyof typeof builders)[] };

/** A program on PATH, else one built here; a builder that failed once is not asked again. */
export function builtTool(name: keyof typeof builders): Promise<Tool> {
  return once(name, async () => {
    const builder: Builder = builders[name];
    const path = onPath(name) ?? existing(join(interopFolder, name, 'bin', name));
    if (path !== undefined && !builder.isOwn) return { path };
    const refusal = join(interopFolder, `${name}.refused`);
    const again = `to try again remove .interop/${name}.refused`;
    if (existsSync(refusal)) return { missing: `${readFileSync(refusal, 'utf8').trim()} (${again})` };
    const tool = onPath(builder.tool);
    if (tool === undefined) return { missing: `${name}: neither ${name} nor ${builder.tool} is on PATH` };
    const command = `${builder.tool} ${builder.arguments.at(0)} ${builder.arguments.at(-1)}`;
    say(`${command} …`);
    try {
      const env = { ...process.env, ...builder.environment };
      await run(tool, builder.arguments, { env, timeout: builder.timeoutMs, cwd: builder.folder });
      return { path: join(interopFolder, name, 'bin', name) };
    } catch (error) {
      const missing = `${name}: not on PATH; tried ${command}: ${reasonOf(error)}`;
      mkdirSync(interopFolder, { recursive: true });
      // No end in time is not a refusal: the machine may have been busy with something else.
      if (!(error as { killed?: boolean }).killed) writeFileSync(refusal, `${missing}\n`);
      return { missing };
    }
  });
}

/** A program that is used only where it is on PATH, or in a folder that is looked into first. */
export function pathTool(name: string, folder?: string): Tool {
  const path = folder !== undefined && isProgram(join(folder, name)) ? join(folder, name) : onPath(name);
  return path === undefined ? { missing: `${name} is not on PATH` } : { path };
}

const asked = new Map<string, Promise<Tool>>();

function once(name: string, find: () => Promise<Tool>): Promise<Tool> {
  const known = asked.get(name) ?? find();
  asked.set(name, known);
  return known;
}

function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** One line: the last a failed program said, without the addresses of this machine's package sources. */
function reasonOf(error: unknown): string {
  const { stderr, killed, message } = error as { stderr?: string; killed?: boolean; message: string };
  if (killed) return 'no end in time';
  const lines = (stderr || message).trim().split('\n');
  const telling =
    lines.findLast((line) => /error|refused|denied|not found|forbidden/i.test(line)) ?? lines.at(-1) ?? '';
  return telling
    .trim()
    .replace(/https?:\/\/\S+/g, '(an address)')
    .slice(0, 200);
}

function say(text: string): void {
  process.stderr.write(`interop: ${text}\n`);
}
