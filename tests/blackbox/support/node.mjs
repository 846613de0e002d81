// A real trouped for one test file: its own port, its own data directory, ended by pid whatever happens.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
/// Where the binaries under test are: next to TROUPE_BIN, or the release build.
export const buildDir = process.env.TROUPE_BIN
  ? path.dirname(path.resolve(process.env.TROUPE_BIN))
  : path.join(root, 'build');
export const binary = (name) =>
  name === 'trouped' && process.env.TROUPE_BIN
    ? path.resolve(process.env.TROUPE_BIN)
    : path.join(buildDir, name);

/// HS256 key of every node under test, so that tests can sign tokens themselves.
export const jwtSecret = 'black-box-tests-sign-their-own-tokens-with-this';
export const admin = { email: 'admin@example.org', password: 'Admin-passw0rd' };

const rateVariables = ['MESSAGES', 'JOINS', 'CONNECTS', 'LOGINS', 'REGISTRATIONS', 'REST'];
const living = new Set();
const folders = new Set();
const killAll = () => {
  for (const child of living) {
    try {
      process.kill(child.pid, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
  living.clear();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
};
process.on('exit', killAll);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => {
    killAll();
    process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
  });
}

/// A port that nobody listens on at this moment.
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'troupe-'));
  folders.add(folder);
  return folder;
}

/// The environment of a node: ours without its TROUPE_* variables, rates off unless asked for.
export function nodeEnvironment({ env = {}, rates = 'off' } = {}) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith('TROUPE_')),
  );
  if (rates === 'off') {
    for (const name of rateVariables) clean[`TROUPE_RATE_${name}`] = 'off';
  }
  const merged = { ...clean, TROUPE_JWT_SECRET: jwtSecret, ...env };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// Whatever certificate is shown.
function statusOf(url) {
  return new Promise((resolve, reject) => {
    const asked = (url.startsWith('https:') ? https : http).get(
      url,
      { rejectUnauthorized: false, agent: false, timeout: 2000 },
      (answer) => answer.resume().on('end', () => resolve(answer.statusCode)).on('error', reject),
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
  });
}

class TroupeNode {
  constructor(options) {
    this.options = options;
    this.port = options.port;
    this.dataDir = options.dataDir;
    const s = options.env.TROUPE_TLS_CERT ? 's' : '';
    this.url = `http${s}://127.0.0.1:${options.port}`;
    this.wsUrl = `ws${s}://127.0.0.1:${options.port}/ws`;
    this.logs = '';
    this.child = null;
    this.exit = null; // {code, signal} of the last process that ended
  }

  get pid() {
    return this.child?.pid;
  }

  get isRunning() {
    return this.child !== null;
  }

  get databaseFile() {
    return path.join(this.dataDir, 'troupe.db');
  }

  async start() {
    const { bin, args, env, rates, readyTimeout } = this.options;
    if (!existsSync(bin)) throw new Error(`${bin} is not there: build first, or set TROUPE_BIN`);
    const child = spawn(
      bin,
      ['--listen', `127.0.0.1:${this.port}`, '--data-dir', this.dataDir, ...args],
      { cwd: root, env: nodeEnvironment({ env, rates }), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    living.add(child);
    this.child = child;
    this.exit = null;
    const keep = (chunk) => {
      this.logs = (this.logs + chunk).slice(-4_000_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        living.delete(child);
        if (this.child === child) this.child = null;
        this.exit = { code: -1, signal: null, error };
        resolve(this.exit);
      });
      child.on('exit', (code, signal) => {
        living.delete(child);
        if (this.child === child) this.child = null;
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
    await this.ready(readyTimeout);
    return this;
  }

  /// Waits until /readyz answers 200.
  async ready(timeout = 30_000) {
    const end = Date.now() + timeout;
    for (;;) {
      if (this.exit) {
        throw new Error(
          `trouped ended (code ${this.exit.code}, signal ${this.exit.signal}):\n${this.logs.slice(-4000)}`,
        );
      }
      try {
        if ((await statusOf(`${this.url}/readyz`)) === 200) return;
      } catch {
        // not listening yet
      }
      if (Date.now() > end) {
        throw new Error(`not ready after ${timeout} ms:\n${this.logs.slice(-4000)}`);
      }
      await delay(15);
    }
  }

  async signalled(signal, patience) {
    const { child } = this;
    if (!child) return this.exit;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    const how = await this.ended;
    clearTimeout(timer);
    return how;
  }

  /// SIGKILL; the data directory stays.
  kill9() {
    return this.signalled('SIGKILL', 30_000);
  }

  /// SIGTERM, and SIGKILL if it has not ended 20 s later. Answers {code, signal}.
  terminate() {
    return this.signalled('SIGTERM', 20_000);
  }

  /// Ends it for good and removes its data. A sanitized node is ended gently, so that it can tell of leaks;
  /// a finding of a sanitizer fails the test.
  async stop() {
    if (process.env.TROUPE_SANITIZED) await this.terminate();
    else await this.kill9();
    if (!this.options.keepData) {
      rmSync(this.dataDir, { recursive: true, force: true });
      folders.delete(this.dataDir);
    }
    const finding = /^.*(ERROR: \w+Sanitizer|runtime error: ).*$/m.exec(this.logs);
    if (finding) throw new Error(this.logs.slice(finding.index, finding.index + 6000));
  }

  /// Starts again on the same port and data (ends the running one with SIGKILL first).
  async restart(changes = {}) {
    await this.kill9();
    this.options = { ...this.options, ...changes };
    return this.start();
  }

  /// The metrics page as {name or name{labels}: number}.
  async metrics() {
    const answer = await fetch(`${this.url}/metrics`);
    const page = {};
    for (const line of (await answer.text()).split('\n')) {
      const found = /^([A-Za-z_:][\w:]*(?:\{.*\})?)\s+(\S+)/.exec(line);
      if (found) page[found[1]] = Number(found[2]);
    }
    return page;
  }

  /// The sum over all labels of a metric; undefined when the page has none.
  async metric(name) {
    const page = await this.metrics();
    const rows = Object.entries(page).filter(([key]) => key === name || key.startsWith(`${name}{`));
    return rows.length ? rows.reduce((sum, [, value]) => sum + value, 0) : undefined;
  }
}

/// Starts trouped and waits until it is ready. Options: bin, args, env (undefined removes a variable),
/// rates ('off' switches all off, 'default' leaves them), port, dataDir, keepData. Give `t` (a test's
/// context) to have it stopped at the end of that test.
export async function startNode(options = {}, t = undefined) {
  const node = new TroupeNode({
    bin: binary('trouped'),
    args: [],
    env: {},
    rates: 'off',
    ...options,
    port: options.port ?? (await freePort()),
    dataDir: options.dataDir ?? temporaryFolder(),
  });
  t?.after(() => node.stop());
  try {
    return await node.start();
  } catch (error) {
    await node.stop();
    throw error;
  }
}
