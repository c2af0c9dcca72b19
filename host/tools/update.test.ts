import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import { Board } from '../board/board.ts';
import { boardDevice } from '../links/in-process.ts';
import { type Build, buildAll } from './build.ts';
import { inProcessTransport, SmpClient } from './smp/index.ts';
import { type UpdateOptions, updateDevice } from './update.ts';
import type { UpdateStep } from './update-result.ts';

let build: Build;
beforeAll(async () => {
  build = await buildAll();
}, 300_000);

const imageOf = (name: string) => build.images.get(name)?.bytes ?? new Uint8Array(0);

/** A new board that runs 1.0.0, and a client that talks to it in virtual time. */
function newBoard() {
  const board = new Board();
  board.provision({ bootloader: build.bootloader, keys: [build.publicKey], slots: { A: imageOf('factory') } });
  board.powerOn();
  board.runUntil(2e9);
  const client = new SmpClient(inProcessTransport(boardDevice(board)));
  const steps: UpdateStep[] = [];
  const update = (name: string, goal: UpdateOptions['goal'], options: Partial<UpdateOptions> = {}) =>
    updateDevice(client, imageOf(name), { goal, onStep: (step) => steps.push(step), ...options });
  return { board, client, steps, update };
}

describe('an update', () => {
  it('to be uploaded only is in the other slot afterwards, and marked by nobody', async () => {
    const { client, update } = newBoard();
    expect(await update('good', 'upload')).toMatchObject({ verdict: 'uploaded', version: '1.1.0' });
    const other = (await client.imageState()).find(({ slot }) => slot === 1);
    expect(other).toMatchObject({ version: '1.1.0', pending: false, active: false });
  });

  it('to be tried runs on trial, and the next reset undoes it', async () => {
    const { client, update } = newBoard();
    expect(await update('good', 'trial')).toMatchObject({ verdict: 'on-trial', running: { version: '1.1.0' } });
    await client.reset();
    await client.waitUntilBack();
    expect((await client.imageState()).find(({ active }) => active)?.version).toBe('1.0.0');
  });

  it('to be kept is watched, then confirmed, and stays', async () => {
    const { board, client, steps, update } = newBoard();
    const result = await update('good', 'confirm', { watchMs: 3000 });
    expect(result).toMatchObject({ verdict: 'confirmed', running: { version: '1.1.0', confirmed: true } });
    expect(steps).toEqual(['upload', 'mark', 'reset', 'watch', 'confirm']);
    board.cutPower();
    board.powerOn();
    await client.waitUntilBack();
    expect((await client.imageState()).find(({ active }) => active)?.version).toBe('1.1.0');
  });

  it('that is in a slot already, whole or damaged, is sent only where it is damaged, when the device may take it from there', async () => {
    const { steps, update } = newBoard();
    const takesStored = true;
    await update('good', 'upload', { takesStored });
    expect(await update('good', 'trial', { takesStored })).toMatchObject({ verdict: 'on-trial', upload: undefined });
    expect(steps).toEqual(['upload', 'mark', 'reset']);
    const other = newBoard();
    await other.update('good', 'upload');
    const byte = MemoryMap.SLOT_B + 5000;
    other.board.machine.flash.writeBytes(byte, Uint8Array.of(other.board.flashImage()[byte] ^ 1));
    // Until a reset the device takes the same upload for done.
    await other.client.reset();
    await other.client.waitUntilBack();
    expect((await other.update('good', 'trial', { takesStored })).verdict).toBe('on-trial');
    expect(other.steps).toEqual(['upload', 'mark', 'upload', 'mark', 'reset']);
  });

  it('that is there and confirmed already needs nothing', async () => {
    const { steps, update } = newBoard();
    expect(await update('factory', 'confirm')).toMatchObject({ verdict: 'confirmed', upload: undefined });
    expect(steps).toEqual([]);
  });

  it('on trial already is only watched and confirmed', async () => {
    const { steps, update } = newBoard();
    await update('good', 'trial');
    steps.length = 0;
    expect((await update('good', 'confirm', { watchMs: 1000 })).verdict).toBe('confirmed');
    expect(steps).toEqual(['watch', 'confirm']);
  });

  it('that hangs is rolled back while it is watched', async () => {
    const { update } = newBoard();
    const result = await update('hangs', 'confirm');
    expect(result).toMatchObject({ verdict: 'rolled-back', running: { version: '1.0.0' }, boot: { reset_cause: 4 } });
  });

  it('that never gets healthy is not confirmed but rolled back, with the health word as the reason', async () => {
    const { steps, update } = newBoard();
    const result = await update('never-confirms', 'confirm', { watchMs: 1000, healthyWithinMs: 2000 });
    // A failed self-test, and what is kept off because of it.
    const health = Health.SELF_TEST | Health.WAVEFORMS_OFF | Health.HEATERS_OFF | Health.MULTIPLEXER_OFF;
    expect(result).toMatchObject({ verdict: 'rolled-back', running: { version: '1.0.0' }, health });
    expect(steps.slice(-3)).toEqual(['confirm', 'back', 'reset']);
  });

  it('with a flipped bit is refused when it is to be marked', async () => {
    const { update } = newBoard();
    expect(await update('flipped-bit', 'trial')).toMatchObject({ verdict: 'refused', refusedAt: 'mark' });
  });

  it('that is no image is refused before anything is sent', async () => {
    const { client } = newBoard();
    await expect(updateDevice(client, new Uint8Array(100), { goal: 'upload' })).rejects.toThrow(
      'this is no MCUboot image',
    );
  });
});
