// Makes a package of SWUpdate: cpio with sums, first the description.

/** `description` in SWUpdate's words; the files in this order. */
export function packageOf(description: string, files: Readonly<Record<string, Uint8Array>>): Buffer {
  const all = { 'sw-description': Buffer.from(description), ...files, 'TRAILER!!!': new Uint8Array(0) };
  return Buffer.concat(Object.entries(all).flatMap(([name, bytes], index) => entryOf(name, bytes, index + 1)));
}

/** The description of one image, as a server wants it. */
export const describedAs = (version: string, file: string): string =>
  `software = { version = "${version}"; description = "one image";\n  images: ( { filename = "${file}"; } ); }\n`;

function entryOf(name: string, bytes: Uint8Array, inode: number): Buffer[] {
  const sum = bytes.reduce((all, byte) => (all + byte) >>> 0, 0);
  const mode = 0o100644;
  const numbers = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, sum];
  const head = Buffer.from(
    `070702${numbers.map((number) => number.toString(16).toUpperCase().padStart(8, '0')).join('')}${name}\0`,
  );
  return [head, padding(head.length), Buffer.from(bytes), padding(bytes.length)];
}

const padding = (length: number) => Buffer.alloc((4 - (length % 4)) % 4);
