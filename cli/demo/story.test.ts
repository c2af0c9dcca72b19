import { beforeAll, describe, expect, it } from 'vitest';
import { WiredCryostat } from '../../hil/rig/wiring.ts';
import { Board } from '../../host/board/board.ts';
import { type Build, type BuiltImage, buildAll } from '../../host/tools/build.ts';
import { openFridge } from '../../host/tools/open-fridge.ts';
import { coldrig, coldrigProcess } from '../testing.ts';
import { type Ending, tellStory } from './story.ts';

describe('the story', () => {
  let build: Build;
  let endings: Ending[];
  const told: string[] = [];
  let hash = '';

  async function tell(): Promise<Ending[]> {
    const fridge = new WiredCryostat(openFridge('uts'));
    const board = new Board({ seed: 1, surroundings: () => fridge });
    const { bootloader, publicKey, images } = build;
    board.provision({ bootloader, keys: [publicKey], slots: { A: images.get('factory')?.bytes } });
    const imageOf = async (name: string) => images.get(name) as BuiltImage;
    const teller = {
      chapter: (title: string) => told.push(title),
      line: ({ text }: { text: string }) => told.push(text),
      verdict: (text: string, good: boolean) => told.push(`${good ? 'ok' : 'FAILED'}: ${text}`),
    };
    const result = await tellStory(board, imageOf, teller, () => fridge.cryostat.temperatureKelvin('4K'));
    hash = board.logHash;
    return result;
  }

  beforeAll(async () => {
    build = await buildAll();
    endings = await tell();
  }, 300_000);

  it('ends as promised: one update stays, four are rolled back', () => {
    expect(endings.map(({ image, outcome, running }) => [image, outcome, running])).toEqual([
      ['good', 'confirmed', '1.1.0'],
      ['never-confirms', 'rolled-back', '1.1.0'],
      ['hangs', 'rolled-back', '1.1.0'],
      ['busy-loops', 'rolled-back', '1.1.0'],
      ['flipped-bit', 'rolled-back', '1.1.0'],
    ]);
    expect(told.filter((text) => text.startsWith('FAILED'))).toEqual([]);
  });

  it('gives each a cause of its own, from the device', () => {
    expect(endings.slice(1).map(({ cause }) => cause)).toEqual([
      'a trial not confirmed in time',
      'a trial that the watchdog reset',
      'a trial whose firmware found that it uses more power than its plate allows',
      'the SHA-256 of the bytes in flash is not the one in the TLV',
    ]);
    expect(told).toContain(
      'fault: the watchdog ran out while the core was busy in firmware/defects/hangs/interrupt, cycle '.concat(
        told.find((text) => text.startsWith('fault:'))?.split('cycle ')[1] ?? '',
      ),
    );
  });

  it('gives each its timing: five minutes to confirm, three seconds to hang, a blink to recover', () => {
    const [, never, hangs, busy, flipped] = endings;
    expect((never?.trialNs ?? 0) / 1e9).toBeCloseTo(300, 0);
    expect((hangs?.trialNs ?? 0) / 1e9).toBeCloseTo(3, 0);
    expect(flipped?.trialNs).toBeNull();
    expect((busy?.trialNs ?? 0) / 1e9).toBeLessThan(10);
    expect(busy?.plateRiseMillikelvin).toBeGreaterThan(10);
    for (const { recoveryNs } of [never, hangs, busy, flipped] as Ending[]) expect(recoveryNs).toBeLessThan(1e9);
  });

  it('is the same story every time, to the last bit of the log', async () => {
    const first = hash;
    await tell();
    expect(hash).toBe(first);
  });

  it('is told by one command, readable in 60 columns, and ends with exit code 0 where no terminal is', async () => {
    const { code, stdout } = await coldrigProcess(['demo'], { columns: 60 });
    expect(code).toBe(0);
    expect(stdout).toContain('4 bad updates, 4 rolled back; 1.1.0 runs.');
    const tooLong = stdout.split('\n').filter((line) => line.length > 60);
    expect(tooLong).toEqual([]);
  });

  it('is one object for machines', async () => {
    const { json } = await coldrig(['demo', '--json']);
    expect(json).toMatchObject({ ok: true, endings: [{ image: 'good' }, {}, {}, {}, {}] });
  });
});
