import { beforeEach, describe, expect, test } from 'vitest';
import { hashOf, ImageBench, makeImage } from '../../../hil/rig/guest/image-bench.ts';
import { ImgCommand } from '../../../protocol/smp/smp.ts';

const running = makeImage('1.0.0');
let bench: ImageBench;

beforeEach(async () => {
  bench = await ImageBench.make(running);
});

describe('what the slots hold', () => {
  test('is listed with all flags, version and hash, and no key beyond the standard ones', () => {
    bench.confirmRunning();
    const reply = bench.read(ImgCommand.STATE, {});
    expect(reply).toEqual({
      images: [
        {
          slot: 0,
          version: '1.0.0',
          hash: hashOf(running),
          bootable: true,
          pending: false,
          confirmed: true,
          active: true,
          permanent: false,
        },
      ],
      splitStatus: 0,
    });
  });

  test('has the very bytes of a real server but for the hash', () => {
    bench.confirmRunning();
    const recorded =
      '0900008600010300bf66696d616765739fbf64736c6f74006776657273696f6e65302e302e30646861736858201baa222074cc805faf4e09846d2377886b1e5ef7cfccd9eac1554d82d9aa9d5a68626f6f7461626c65f56770656e64696e67f469636f6e6669726d6564f566616374697665f5697065726d616e656e74f4ffff6b73706c697453746174757300ff';
    const expected = recorded
      .replace(
        '1baa222074cc805faf4e09846d2377886b1e5ef7cfccd9eac1554d82d9aa9d5a',
        Buffer.from(hashOf(running)).toString('hex'),
      )
      .replace('65302e302e30', '65312e302e30');
    expect(bench.exchange('0800000100010300a0')).toEqual([expected]);
    expect(bench.exchange('0800000000010300')).toEqual([expected]);
  });

  test('shows the build number when there is one', () => {
    bench.confirmRunning();
    bench.uploadAll(makeImage('9.8.7+42'));
    expect(bench.read(ImgCommand.STATE, {}).images?.map(({ version }) => version)).toEqual(['1.0.0', '9.8.7.42']);
  });

  test('an upload half-way shows no image', () => {
    bench.confirmRunning();
    bench.first(makeImage('2.0.0'));
    expect(bench.list()).toBe('0:bca');
  });

  test('slot info has both slots and says which one takes uploads, as a real server encodes it', () => {
    const size = '1a00080000';
    expect(bench.exchange('0800000100010406a0')).toEqual([
      `0900005100010406bf66696d616765739fbf65696d6167650065736c6f74739fbf64736c6f74006473697a65${size}ffbf64736c6f74016473697a65${size}6f75706c6f61645f696d6167655f696400ffffffffff`,
    ]);
  });

  test('file, core list and core load are not supported', () => {
    for (const command of [2, 3, 4]) expect(bench.read(command, {})).toEqual({ rc: 8 });
    expect(bench.read(ImgCommand.UPLOAD, {})).toEqual({ rc: 8 });
    expect(bench.write(ImgCommand.SLOT_INFO, {})).toEqual({ rc: 8 });
  });
});
