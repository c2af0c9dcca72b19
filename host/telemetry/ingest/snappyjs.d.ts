// Types of snappyjs, as far as it is used here: it has none of its own.

declare module 'snappyjs' {
  export function compress<Bytes extends Uint8Array>(bytes: Bytes): Bytes;
  export function uncompress<Bytes extends Uint8Array>(bytes: Bytes): Bytes;
}
