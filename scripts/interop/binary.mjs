// The hanse program itself, run on files: no server is asked. HANSE_BINARY names it; else it is what the home center runs.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {home} from './hanse.mjs';
import {must} from './report.mjs';

const binary = process.env.HANSE_BINARY ?? `/proc/${home.pid}/exe`;

/** Runs use with a folder of its own, which is gone afterwards. */
export async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'hanse-interop-'));
  const path = name => join(folder, name);
  try {
    return await use({
      path,
      write: (name, value) => writeFileSync(path(name), typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)),
      read: name => readFileSync(path(name)),
      hanse: (...args) => run(folder, args)
    });
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** Runs the program; returns what it printed. The exit code must be 0. */
function run(cwd, args) {
  const env = {PATH: process.env.PATH, HOME: cwd, XDG_STATE_HOME: cwd};
  const {status, stdout, stderr, error} = spawnSync(binary, args, {argv0: 'hanse', cwd, encoding: 'utf8', env});
  must(!error, `${binary}: ${error}`);
  must(status === 0, `hanse ${args.slice(0, 2).join(' ')}: exit code ${status}: ${stdout}${stderr}`);
  return stdout.trim();
}
