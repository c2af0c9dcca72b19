// A played device on a UDP port, which a gateway in a process of its own reads by SMP.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { PlayedDevice } from '../../../../host/telemetry/testing/play-device.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { type CborMap, decodeBody } from '../../../../host/tools/smp/cbor.ts';
import { decodeMessage, encodeMessage } from '../../../../host/tools/smp/message.ts';
import { SmpGroup, smpErrors } from '../../../../protocol/smp/smp.ts';
import { telemetryErrors } from '../../../../protocol/smp/telemetry.ts';

const patient = new AbortController().signal;

/** Resolves with where it is reached, and with what ends it. */
export async function serveByUdp(
  device: PlayedDevice,
  address = '127.0.0.1',
): Promise<{ target: string; close: () => void }> {
  const source = device.source(hostTime);
  const answerTo = async (group: number, body: CborMap): Promise<CborMap> => {
    if (group === SmpGroup.BOOT)
      return {
        ...{
          serial: Buffer.from(await source.identify(patient), 'hex'),
          board: 1,
          lifecycle: 1,
          counter: 0,
          cells: 64,
        },
        keys: [],
      };
    if (group !== SmpGroup.TELEMETRY) return { rc: smpErrors.values.ENOTSUP[0] };
    const after = body.boot === undefined ? undefined : { boot: Number(body.boot), sequence: Number(body.seq) };
    if (after !== undefined && !device.hasMade(after))
      return { err: { group: SmpGroup.TELEMETRY, rc: telemetryErrors.values.NOT_TOLD[0] } };
    const { schema, records, more } = await source.read(after, patient);
    return { schema, ...device.next, records, more };
  };
  const socket = createSocket('udp4');
  let isOpen = true;
  socket.on('message', async (bytes, from) => {
    const request = decodeMessage(new Uint8Array(bytes));
    const answer = await answerTo(request.group, decodeBody(request.body)).catch(() => undefined);
    if (answer === undefined || !isOpen) return;
    socket.send(encodeMessage({ ...request, operation: request.operation + 1 }, answer), from.port, from.address);
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  const close = () => {
    isOpen = false;
    socket.close();
  };
  return { target: `udp://${address}:${socket.address().port}`, close };
}
