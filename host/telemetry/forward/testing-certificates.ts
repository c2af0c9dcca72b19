// Certificates for tests, made by openssl: an authority, and ends that it knows. Keys are made for the test and go with it.

import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from './tls-stream.ts';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class TestAuthority {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=authority');
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(
      join(folder, 'ca.cnf'),
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=2\n',
    );
    this.listRevoked();
  }

  end(name: string): TlsFiles {
    const [request, cert] = [`${name}.csr`, `${name}.pem`];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    this.run('req', ...key, '-keyout', `${name}.key`, '-out', request, ...subject);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', '2'];
    this.run('x509', '-req', '-in', request, ...signed, '-out', cert);
    return { ca: join(this.folder, 'ca.pem'), cert: join(this.folder, cert), key: join(this.folder, `${name}.key`) };
  }

  get crl(): string {
    return join(this.folder, 'revoked.pem');
  }

  revoke({ cert }: TlsFiles): void {
    this.run('ca', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-revoke', cert);
    this.listRevoked();
  }

  private listRevoked(): void {
    this.run('ca', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-gencrl', '-out', 'revoked.pem');
  }

  private run(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.folder, stdio: 'pipe' });
  }
}
