// What a scanner finds on a node's TLS port with the default configuration: nothing above "low".
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { makeCertificate } from './support/certificate.mjs';
import { startNode, temporaryFolder } from './support/node.mjs';

/// The certificate signs itself and has no authority to ask about revocation: findings about it are the test's own.
const ofTheCertificate = /^(cert_|overall_grade|final_score|grade_cap|OCSP|DNS_CAA|certificate_transparency|intermediate_cert)/;

test('testssl.sh finds nothing above low', { timeout: 600_000 }, async (t) => {
  const report = path.join(temporaryFolder(), 'report.json');
  const node = await startNode({ env: makeCertificate({ days: 90 }).env }, t);
  await new Promise((resolve, reject) => {
    execFile(
      'testssl',
      ['--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'min', '--ip', '127.0.0.1', '--jsonfile', report,
        '--protocols', '--server-defaults', '--vulnerable', '--std', '--server-preference', '--fs', `localhost:${node.port}`],
      { timeout: 580_000, maxBuffer: 1 << 24 },
      (error, stdout) => (error?.killed ? reject(new Error(stdout.slice(-2_000))) : resolve()),
    );
  });
  const findings = JSON.parse(readFileSync(report, 'utf8'));
  assert.ok(findings.length > 40, `only ${findings.length} findings: the scan did not run`);
  assert.equal(findings.find(({ id }) => id === 'TLS1_3')?.severity, 'OK');
  // What the scanner says of the openssl it runs with concerns this machine, not the node.
  const serious = findings.filter(({ id, severity }) => id !== 'engine_problem' && ['MEDIUM', 'HIGH', 'CRITICAL', 'WARN'].includes(severity) && !ofTheCertificate.test(id));
  assert.deepEqual(serious.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`), []);
});
