// `make k8s-e2e`: the manifests in docs/telemetry-kubernetes on a real control plane with two real kubelets, which are killed under records.
//
//   COLDRIG_KUBERNETES_BIN=FOLDER npx tsx hil/test/kubernetes/main.ts
//
// Prints a table, and writes build/kubernetes/result.json; what everybody has said is in build/kubernetes/logs. Ends with 1 when a promise is broken, and with 0 and a
// line where there can be no cluster. It needs root, leaves nothing behind on the machine, and takes minutes.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { coldrig } from '../campaign/live-server.ts';
import { installPackage } from '../package/install.ts';
import { Cluster } from './cluster.ts';
import { graceSeconds, patienceSeconds } from './control-plane.ts';
import { makeImage } from './image.ts';
import { isInUse } from './network.ts';
import { sandboxImage } from './node.ts';
import { imageNameOf, images, storages } from './overlay.ts';
import { findPrograms, type Programs } from './programs.ts';
import { type Loss, plan, Story, wrongOf } from './story.ts';

const results = join(repositoryRoot, 'build/kubernetes');
const logs = join(results, 'logs');
/** Everything else; it is gone at the end, and after a run that was killed at the next. */
const work = join(results, 'work');
const say = (text: string) => console.log(text);
const secondsText = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** Archives of all images, the package of this checkout in one of them; or why there are none. */
function makeImages(folder: string, programs: Programs): string[] | { missing: string } {
  const installed = installPackage();
  if (typeof installed === 'string') return { missing: installed };
  const { sleep, prometheus, flock } = programs.paths;
  const [nats, to] = [programs.paths['nats-server'], '/opt/coldrig'];
  const command = [process.execPath, join(to, 'node_modules/coldrig/cli/coldrig.mjs')];
  const image = { name: imageNameOf(images.coldrig), programs: [process.execPath, flock], entryPoint: command };
  const archives = [
    makeImage(folder, programs, { ...image, folder: { from: installed.folder, to } }),
    makeImage(folder, programs, { name: imageNameOf(images.nats), programs: [nats], entryPoint: [nats] }),
    makeImage(folder, programs, {
      name: imageNameOf(images['prom/prometheus']),
      programs: [prometheus],
      entryPoint: [prometheus],
    }),
    makeImage(folder, programs, { name: sandboxImage, programs: [sleep], entryPoint: [sleep, 'infinity'] }),
  ];
  rmSync(dirname(installed.folder), { recursive: true });
  return archives;
}

async function run(cluster: Cluster, folder: string, programs: Programs): Promise<Loss[] | { missing: string }> {
  const archives = makeImages(folder, programs);
  if ('missing' in archives) return archives;
  say('images are made');
  const rules = await coldrig('telemetry', 'rules', '--out', join(folder, 'rules'));
  if (rules.code !== 0) throw new Error(`the rules cannot be written: ${rules.stderr}`);
  await cluster.start(programs, logs, archives);
  say(
    `the cluster runs; its nodes count as lost after ${graceSeconds} s of silence, and their pods are given up ${patienceSeconds} s later`,
  );
  const losses: Loss[] = [];
  for (const storage of storages) {
    const story = await Story.begin(cluster, storage, folder, join(folder, 'rules/coldrig-rules.yml'));
    say(`${storage}: all pods were ready after ${secondsText(story.readyMs)}`);
    for (const [node, fault] of plan[storage]) {
      const loss = await story.lose(node, fault);
      losses.push(loss);
      say(
        `${storage}, ${fault}: ${node} lost with ${loss.pods.join(', ') || 'nothing'}; all records in the store ${secondsText(loss.allInStoreMs)} later`,
      );
    }
    await story.end();
  }
  return losses;
}

function tableOf(losses: readonly Loss[]): string {
  const times = ['silence noticed', 'node back', 'pods ready', 'then replay'];
  const head = ['volumes on', 'node', 'pods on it', 'moved', ...times, 'records', 'lost', 'twice'];
  const rows = losses.map((loss) => [
    ...[loss.storage, `${loss.node}, ${loss.fault}`, `${loss.pods.length}`, `${loss.moved}`],
    ...[loss.notReadyMs, loss.nodeBackMs, loss.podsReadyMs, loss.replayMs].map(secondsText),
    ...[loss.sent - loss.sentBefore, loss.sent - loss.arrived, loss.twice].map(String),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

let isInterrupted = false;

async function main(): Promise<number> {
  const programs = findPrograms(process.env);
  if (typeof programs === 'string') {
    say(`no cluster: ${programs}`);
    return 0;
  }
  if (isInUse(programs)) throw new Error('another run goes on; wait for its end');
  rmSync(results, { recursive: true, force: true });
  for (const folder of [logs, work]) mkdirSync(folder, { recursive: true });
  const cluster = new Cluster(work);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      isInterrupted = true;
      void cluster.end().finally(() => process.exit(130));
    });
  try {
    const losses = await run(cluster, work, programs);
    if ('missing' in losses) {
      say(`no cluster: ${losses.missing}`);
      return 0;
    }
    const wrong = losses.flatMap(wrongOf);
    writeFileSync(
      join(results, 'result.json'),
      `${JSON.stringify({ ok: wrong.length === 0, graceSeconds, patienceSeconds, losses, wrong }, null, 2)}\n`,
    );
    say(tableOf(losses));
    for (const sentence of wrong) console.error(sentence);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await cluster.end();
  }
}

const code = await main().catch((error) => {
  if (!isInterrupted)
    console.error(`make k8s-e2e: ${(error as Error).message}\nWhat everybody has said is in ${logs}.`);
  return 1;
});
// Who is interrupted ends when everything is put away.
if (!isInterrupted) process.exit(code);
