// Images of containers without a registry: a program of this machine with the libraries that it loads, as an archive that `ctr images import` takes.
//
//   oci-layout, index.json    what it is, and its name
//   blobs/sha256/HASH         manifest, configuration, one layer
//
// What must stay true: there is no shell in an image, so that manifests do not come to need one.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import type { Programs } from './programs.ts';

export interface ImageParts {
  name: string;
  /** On this machine, and in the image at the same places. */
  programs: string[];
  /** A folder that is copied into the image. */
  folder?: { from: string; to: string };
  entryPoint: string[];
}

/** Resolves with the path of the archive. */
export function makeImage(place: string, { paths }: Programs, parts: ImageParts): string {
  const work = mkdtempSync(join(place, 'image-'));
  const root = join(work, 'root');
  // What may read a container's root is what may read this folder.
  mkdirSync(root, { mode: 0o755 });
  for (const path of parts.programs.flatMap((program) => [program, ...librariesOf(paths.ldd, program)])) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  if (parts.folder !== undefined) cpSync(parts.folder.from, join(root, parts.folder.to), { recursive: true });
  const layout = join(work, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const layer = join(work, 'layer.tar');
  execFileSync(paths.tar, ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-cf', layer, '.']);
  writeLayout(layout, readFileSync(layer), parts);
  const archive = join(place, `${parts.name.replaceAll(/\W/g, '-')}.tar`);
  execFileSync(paths.tar, ['-C', layout, '-cf', archive, '.']);
  rmSync(work, { recursive: true });
  return archive;
}

/** The loader is among them. */
function librariesOf(ldd: string, program: string): string[] {
  const said = execFileSync(ldd, [program], { encoding: 'utf8' });
  return said.split('\n').flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

const platform = { os: 'linux', architecture: arch() === 'x64' ? 'amd64' : arch() };
const typeOf = (what: string) => `application/vnd.oci.image.${what}`;

function writeLayout(layout: string, layer: Buffer, { name, entryPoint }: ImageParts): void {
  const blob = (mediaType: string, bytes: Buffer) => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layerBlob = blob(typeOf('layer.v1.tar'), layer);
  const config = blob(
    typeOf('config.v1+json'),
    json({
      ...{ ...platform, rootfs: { type: 'layers', diff_ids: [layerBlob.digest] } },
      config: { Entrypoint: entryPoint, Env: ['PATH=/usr/sbin:/usr/bin'] },
    }),
  );
  const manifest = blob(
    typeOf('manifest.v1+json'),
    json({ schemaVersion: 2, mediaType: typeOf('manifest.v1+json'), config, layers: [layerBlob] }),
  );
  const annotations = { 'io.containerd.image.name': name };
  writeFileSync(join(layout, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(
    join(layout, 'index.json'),
    json({ schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] }),
  );
}
