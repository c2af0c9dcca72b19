// A number for a name, by which what would happen to all names at once is spread over time.

/** From 0 to 2^32 - 1, spread evenly; the same for the same name everywhere. */
export function hashOf(name: string): number {
  let hash = 0;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x9e37_79b1) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}
