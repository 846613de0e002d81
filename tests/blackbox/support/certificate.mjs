// Certificates for nodes under TLS, made by the openssl of the machine.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { temporaryFolder } from './node.mjs';

export const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const rsaKey = ['-newkey', 'rsa:2048'];

/// A certificate for 127.0.0.1 and localhost that signs itself: its files, and the environment of a node that
/// shows it.
export function makeCertificate({ name = 'localhost', days = 2, kind = ellipticKey, folder = temporaryFolder() } = {}) {
  const key = path.join(folder, `${name}.key`);
  const cert = path.join(folder, `${name}.pem`);
  execFileSync('openssl', [
    'req', '-x509', ...kind, '-nodes', '-days', String(days), '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert,
  ], { stdio: 'ignore' });
  return { key, cert, env: { TROUPE_TLS_CERT: cert, TROUPE_TLS_KEY: key } };
}
