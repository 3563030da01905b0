// Builds both apps into ../liandong/web, and packs every file for the browsers that take it packed.
//
// The officer's app is offered to a phone for offline use: its service worker is told the files it
// must hold (`officer/src/worker.ts` reads them as `FILES`).
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { FACES, configOf } from '../vite.config.js';

const out = fileURLToPath(new URL('../../liandong/web/', import.meta.url));
const PACKED = /\.(?:css|html|js|json|svg|webmanifest)$/;
const SMALLEST = 1024;

rmSync(out, { recursive: true, force: true });
for (const face of /** @type {(keyof typeof FACES)[]} */ (Object.keys(FACES))) {
  await build(configOf(face));
}
for (const name of readdirSync(out, { recursive: true }).map(String)) {
  const path = `${out}${name}`;
  if (!PACKED.test(name) || statSync(path).size < SMALLEST) continue;
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
}
