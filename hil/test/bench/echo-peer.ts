// A bare UDP server that turns every SMP echo request into its answer, in a process of its own: what an echo costs where there is no
// board behind the socket. Prints its port, ends with its standard input.
//
// Nothing is parsed: the operation's lowest bit makes a request an answer, and the text's key goes from `d` to `r`.

import { createSocket } from 'node:dgram';

const keyAt = 10;
const [requestKey, answerKey] = [0x64, 0x72];

const socket = createSocket('udp4');
socket.on('message', (request, peer) => {
  const answer = Buffer.from(request);
  answer[0] |= 1;
  if (answer[keyAt] !== requestKey) throw new Error(`echo peer: ${request.toString('hex')} is no echo request`);
  answer[keyAt] = answerKey;
  socket.send(answer, peer.port, peer.address);
});
socket.bind(Number(process.argv[2] ?? 0), process.argv[3] ?? '127.0.0.1', () =>
  process.stdout.write(`${socket.address().port}\n`),
);
process.stdin.on('end', () => socket.close()).resume();
