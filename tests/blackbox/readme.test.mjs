// The client example of README.md, as it stands there, against a real node.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { root, startNode } from './support/node.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/// The text between ```js example and its end.
function example() {
  const page = readFileSync(path.join(root, 'README.md'), 'utf8');
  const blocks = [...page.matchAll(/^```js example\n([\s\S]*?)^```$/gm)].map((found) => found[1]);
  assert.equal(blocks.length, 1, 'README.md has one example');
  return blocks[0];
}

test('the example of the README runs as it stands there', { timeout: 60_000 }, async (t) => {
  const node = await startNode({ rates: 'default' }, t);
  const text = example();
  assert.ok(text.trimEnd().split('\n').filter(Boolean).length <= 25, 'the example is short');
  // beside node_modules, so that its import finds the client
  const file = path.join(here, `readme-${process.pid}.tmp.mjs`);
  writeFileSync(file, text);
  t.after(() => rmSync(file, { force: true }));
  const child = spawn(process.execPath, [file], { env: { ...process.env, TROUPE_URL: node.url } });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.on('exit', resolve));
  assert.equal(code, 0, output);
  const lines = output.trim().split('\n');
  assert.equal(lines.length, 3, output);
  assert.ok(lines.includes('#1 Ada: Hello') && lines.includes('#2 Ada: Goodbye'), output);
  assert.ok(lines.some((line) => /^stored as msg_/.test(line)), output);
});
