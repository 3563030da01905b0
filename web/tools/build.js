// Builds the apps and the manuals into ../liandong/web, and packs every file for the browsers that take it packed.
//
// The officer's app is taken onto a phone for offline use: its service worker is told the files it
// must hold, and the version they make (`officer/src/worker.ts` reads both).
//
// What was built before stands until all of this is built: a hub that runs goes on serving it, and a build
// that fails or is interrupted leaves it as it is.
import { createHash } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { FACES, configOf, workerConfigOf } from '../vite.config.js';
import { buildDocs } from './docs.js';

const served = fileURLToPath(new URL('../../liandong/web/', import.meta.url));
const out = fileURLToPath(new URL('../../liandong/web.new/', import.meta.url));
const before = fileURLToPath(new URL('../../liandong/web.old/', import.meta.url));
const PACKED = /\.(?:css|graphql|html|js|json|svg|webmanifest)$/;
const SMALLEST = 1024;
/** The most bytes of scripts and styles that an app may weigh before its map, packed by gzip. */
const BUDGETS = { officer: 90_000, console: 200_000 };
const MAP = /\/mapping-/;

const filesOf = (/** @type {string} */ folder) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => statSync(`${folder}${name}`).isFile())
    .sort();

rmSync(out, { recursive: true, force: true });
for (const face of /** @type {(keyof typeof FACES)[]} */ (Object.keys(FACES))) {
  await build(configOf(face, `${out}${face}`));
}
await buildDocs(`${out}docs/`);

const officer = `${out}officer/`;
const files = filesOf(officer);
const version = createHash('sha256');
for (const name of files) version.update(name).update(readFileSync(`${officer}${name}`));
await build(workerConfigOf(files, version.digest('hex').slice(0, 12), officer));
for (const [face, most] of Object.entries(BUDGETS)) {
  const weight = filesOf(`${out}${face}/`)
    .filter((name) => /\.(?:css|js)$/.test(name) && !MAP.test(name))
    .map((name) => gzipSync(readFileSync(`${out}${face}/${name}`), { level: 9 }).length)
    .reduce((sum, bytes) => sum + bytes, 0);
  if (weight > most) {
    console.error(`web/${face} weighs ${weight} bytes packed; the most is ${most}.`);
    process.exit(1);
  }
}

for (const name of filesOf(out)) {
  const path = `${out}${name}`;
  if (!PACKED.test(name) || statSync(path).size < SMALLEST) continue;
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
}

rmSync(before, { recursive: true, force: true });
if (existsSync(served)) renameSync(served, before);
renameSync(out, served);
rmSync(before, { recursive: true, force: true });
