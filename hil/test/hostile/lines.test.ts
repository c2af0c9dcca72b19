import fc from 'fast-check';
import { describe, test } from 'vitest';
import { peaceful, traffic } from '../../prove/noise/noise.ts';
import { wires } from '../../prove/noise/wire.ts';
import { checkedDevices } from './devices.ts';
import { always } from './properties.ts';

describe.each(checkedDevices)('%s', (_name, make) => {
  test.each(wires)('takes from $name exactly the messages that are there, whatever the bytes', async (wire) => {
    const device = await make();
    always(fc.array(traffic(wire), { minLength: 1, maxLength: 6 }), 150, (pieces) => {
      device.restart();
      for (const piece of pieces) device.deliver(wire, piece);
      device.judge();
    });
  });

  test('serves both lines at once, whatever the pieces in which their frames arrive', async () => {
    const device = await make();
    const two = fc.array(peaceful, { minLength: 1, maxLength: 2 });
    const pieces = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 1, max: 900 })), { maxLength: 30 });
    always(fc.tuple(two, two, pieces), 80, ([first, second, order]) => {
      device.restart();
      const rest = [first, second].map((each, line) =>
        Buffer.concat(each.map((one, peer) => wires[line].encode(one, peer))),
      );
      for (const [line, size] of [...order, [0, 20_000], [1, 20_000]]) {
        device.put(line as 0 | 1, rest[line].subarray(0, size));
        rest[line] = rest[line].subarray(size);
        device.board.runFor(size * 1000);
      }
      for (const wire of wires) device.letArrive(wire);
      for (const wire of wires) for (const datagram of device.newMessages(wire)) device.answersTo(wire, datagram);
      device.judge();
    });
  });
});
