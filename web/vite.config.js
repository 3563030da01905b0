import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** The two apps: where each is served, and its sources. */
export const FACES = /** @type {const} */ ({ console: '/console/', officer: '/app/' });

/**
 * The cursor over the page while a divider is dragged: paneforge writes a style element for it, which our
 * content security policy refuses.
 * @type {import('vite').Plugin}
 */
const withoutCursorStyle = {
  name: 'without-cursor-style',
  transform: (code, id) =>
    id.endsWith('/paneforge/dist/internal/utils/style.js')
      ? code.replace(/(export function setGlobalCursorStyle\([^)]*\) \{)/, '$1 return;')
      : undefined,
};

/**
 * How one of them is built: into `liandong/web`, from where the hub serves it and the wheel takes it.
 * @param {keyof typeof FACES} face
 * @returns {import('vite').InlineConfig}
 */
export function configOf(face) {
  return {
    configFile: false,
    root: here(face),
    base: FACES[face],
    publicDir: here(`${face}/public`),
    define: { VERSION: JSON.stringify(version) },
    plugins: [withoutCursorStyle, svelte({ configFile: here('svelte.config.js') })],
    resolve: {
      alias: {
        $shared: here('shared'),
        // what its package names first is written for browsers of ten years ago, and weighs more
        dexie: here('node_modules/dexie/dist/modern/dexie.min.mjs'),
      },
    },
    build: {
      outDir: here(`../liandong/web/${face}`),
      emptyOutDir: true,
      target: 'es2022',
      // an asset in a data: URL would need a wider content security policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // how long which plugin took is nothing to whoever runs the hub
      rolldownOptions: { checks: { pluginTimings: false } },
    },
    logLevel: 'warn',
  };
}

/**
 * How the service worker of the officer's app is built: one file beside the app, which must not be
 * hashed.
 * @param {string[]} files what it must hold
 * @param {string} version of them together
 * @returns {import('vite').InlineConfig}
 */
export function workerConfigOf(files, version) {
  return {
    configFile: false,
    root: here('officer'),
    publicDir: false,
    define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version) },
    build: {
      outDir: here('../liandong/web/officer'),
      emptyOutDir: false,
      target: 'es2022',
      rollupOptions: {
        input: here('officer/src/worker.ts'),
        output: { entryFileNames: 'worker.js', format: 'iife' },
      },
    },
    logLevel: 'warn',
  };
}

/** What vitest reads: unit tests of both apps and of what they share. */
export default {
  plugins: [svelte({ configFile: here('svelte.config.js') })],
  resolve: { alias: { $shared: here('shared') }, conditions: ['browser'] },
  // a machine with both cores busy is no fault of a test
  test: { include: ['{shared,console,officer}/**/*.test.ts'], testTimeout: 60_000 },
};
