// The firmware in the images of an attack: the smallest module that the core runs, or firmware of one's own (`--image`).
//
// A thread of a proof has one subject from its beginning on: images are made of it when their files are loaded, so it is chosen before.

// (module (memory (export "memory") 1 1) (func (export "reset")) (func (export "interrupt") (param i32)))
const smallest = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x60, 0x00, 0x00, 0x60, 0x01, 0x7f, 0x00],
  ...[0x03, 0x03, 0x02, 0x00, 0x01, 0x05, 0x04, 0x01, 0x01, 0x01, 0x01],
  ...[0x07, 0x1e, 0x03, 0x06, ...Buffer.from('memory'), 0x02, 0x00, 0x05, ...Buffer.from('reset'), 0x00, 0x00],
  ...[0x09, ...Buffer.from('interrupt'), 0x00, 0x01, 0x0a, 0x07, 0x02, 0x02, 0x00, 0x0b, 0x02, 0x00, 0x0b],
];

let chosen: Uint8Array | undefined;
let isUsed = false;

/** Once in a thread, before an image of an attack is made. */
export function chooseSubject(payload: Uint8Array | undefined): void {
  if (payload === undefined) return;
  if (isUsed) throw new Error('images of attacks were made already, with other firmware in them');
  chosen = payload;
}

export function subjectPayload(): Uint8Array {
  isUsed = true;
  return chosen ?? Uint8Array.from(smallest);
}
