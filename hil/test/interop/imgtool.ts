// imgtool (MCUboot's signer, Python) as a workshop: a folder with a key imgtool made, and the commands the tests use.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MemoryMap } from '../../../protocol/memory-map.ts';

/** A TLV as `imgtool dumpinfo` shows it. */
export interface DumpedTlv {
  type: number;
  len: number;
  /** Hex. */
  data: string;
}

export interface Dump {
  header: { magic: number; load_addr: number; hdr_size: number; protected_tlv_size: number; img_size: number } & {
    flags: number;
    version: string;
  };
  tlv_area: { tlvs: DumpedTlv[]; tlvs_prot?: DumpedTlv[] };
  trailer: Record<string, unknown>;
}

const yamlToJson = `import json, sys, yaml
print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=lambda value: value.hex()))`;

export class Imgtool {
  readonly folder = mkdtempSync(join(tmpdir(), 'coldrig-imgtool-'));
  readonly keyFile = join(this.folder, 'key.pem');
  private readonly program: string;

  constructor(program: string) {
    this.program = program;
    this.run('keygen', '-t', 'ed25519', '-k', this.keyFile);
  }

  get privateKeyPem(): string {
    return readFileSync(this.keyFile, 'utf8');
  }

  run(...command: string[]): string {
    return execFileSync(this.program, command, { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' });
  }

  /** Signs for our slots; `options` are imgtool's. */
  sign(payload: Uint8Array, version: string, options: string[] = ['-s', '1'], keyFile = this.keyFile): Uint8Array {
    const slot = ['-S', String(MemoryMap.SLOT_SIZE), '--align', '8', '--pad-header', '-H', '32'];
    const input = this.write('in.bin', payload);
    const output = join(this.folder, 'out.bin');
    this.run('sign', '-k', keyFile, ...slot, '-v', version, ...options, input, output);
    return new Uint8Array(readFileSync(output));
  }

  /** What `verify` says. It ends with an error when the image is not good. */
  verify(image: Uint8Array, keyFile = this.keyFile): string {
    return this.run('verify', '-k', keyFile, this.write('verify.bin', image));
  }

  dump(image: Uint8Array): Dump {
    const output = join(this.folder, 'dump.yaml');
    this.run('dumpinfo', '--silent', '--outfile', output, this.write('dump.bin', image));
    const python = join(dirname(this.program), 'python');
    return JSON.parse(execFileSync(python, ['-c', yamlToJson, output], { encoding: 'utf8' }));
  }

  write(name: string, bytes: Uint8Array | string): string {
    const path = join(this.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
