// How fast the guest verifies and hashes, on the metered core the board runs, beside libraries on the same machine.
// Ours and the peer's runs take turns, so that a busy machine slows both.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { type Bus, budgetCyclesMax, Core, prepareImage } from '../../../host/board/cpu/cpu.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { type BenchRow, median } from './row.ts';

const runs = 41;
const callsPerRun = 20;
const hashedBytes = 65536;
/** A verification may take this many times libsodium's: libsodium is C compiled to the same wasm, without metering. */
const peerFactor = 2;
const sha256GoalMebibytes = 200;

const bus: Bus = {
  read32: () => refuse(),
  write32: () => refuse(),
};

function refuse(): never {
  throw new Error('cryptography reached for the bus; it has nothing to do there');
}

/** The crypto module as an image on a core of its own; slots and lines as crypto.entry.ts has them. */
async function openCore() {
  const entry = 'bootloader/crypto/crypto.entry.ts';
  const bytes = await compileGuest(entry);
  // The meter keeps only what a core needs, so the addresses are read from the module as compiled.
  const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { bus: { ...bus } }).exports;
  const constant = (name: string): number => (plain[name] as WebAssembly.Global).value;
  const core = new Core(prepareImage(bytes), bus);
  const slot = (index: number) => constant('SLOTS') + index * constant('SLOT_SIZE');

  function load(message: Uint8Array, key = new Uint8Array(), signature = new Uint8Array()): void {
    core.memory.set(message, constant('MESSAGE'));
    core.memory.set(key, slot(0));
    core.memory.set(signature, slot(1));
    new DataView(core.memory.buffer).setUint32(slot(2), message.length, true);
  }

  function call(line: 'VERIFY_LINE' | 'SHA256_LINE'): () => Uint8Array {
    const lines = constant(line);
    return () => {
      const { outcome } = core.run('interrupt', lines, budgetCyclesMax);
      if (outcome !== 'returned') throw new Error(`the benchmark of ${entry} ended in a ${outcome}`);
      return core.memory.subarray(slot(3), slot(3) + 32);
    };
  }

  return { load, call };
}

/** Microseconds a call of each, medians of runs that take turns; the first runs only warm up. */
function compare(ours: () => unknown, peers: () => unknown): { ours: number; peers: number } {
  const measured = { ours: [] as number[], peers: [] as number[] };
  for (let run = -5; run < runs; run++) {
    for (const [who, work] of Object.entries({ ours, peers }) as ['ours' | 'peers', () => unknown][]) {
      const start = performance.now();
      for (let i = 0; i < callsPerRun; i++) work();
      if (run >= 0) measured[who].push(((performance.now() - start) * 1000) / callsPerRun);
    }
  }
  return { ours: median(measured.ours), peers: median(measured.peers) };
}

/** An image's signature is over its SHA-256, so what is verified is 32 bytes. */
async function benchVerify(core: Awaited<ReturnType<typeof openCore>>): Promise<BenchRow> {
  await sodium.ready;
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = createHash('sha256').update('an image').digest();
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const signature = sign(null, message, privateKey);
  core.load(message, key, signature);
  const verify = core.call('VERIFY_LINE');
  const peerVerify = () => sodium.crypto_sign_verify_detached(signature, message, key);
  if (verify()[0] !== 1 || !peerVerify())
    throw new Error('a good signature was refused; run the tests of bootloader/crypto');
  const { ours, peers } = compare(verify, peerVerify);
  const goal = peerFactor * peers;
  return { id: 'ed25519-verify', value: ours, unit: 'us', goal, peer: 'libsodium-wrappers', peerValue: peers };
}

function benchSha256(core: Awaited<ReturnType<typeof openCore>>): BenchRow {
  const message = Uint8Array.from({ length: hashedBytes }, (_, i) => i * 7);
  const peerHash = () => createHash('sha256').update(message).digest();
  core.load(message);
  const hash = core.call('SHA256_LINE');
  if (!peerHash().equals(hash())) throw new Error('the digests differ; run the tests of bootloader/crypto');
  const { ours, peers } = compare(hash, peerHash);
  const rate = (microseconds: number) => (hashedBytes / 2 ** 20 / microseconds) * 1e6;
  return {
    ...{ id: 'sha256', value: rate(ours), unit: 'MiB/s', goal: sha256GoalMebibytes },
    ...{ peer: 'node:crypto createHash', peerValue: rate(peers) },
  };
}

/** Rows `ed25519-verify` and `sha256`. */
export async function benchCrypto(): Promise<BenchRow[]> {
  const core = await openCore();
  return [await benchVerify(core), benchSha256(core)];
}
