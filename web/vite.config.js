import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';

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
    plugins: [withoutCursorStyle, svelte({ configFile: here('svelte.config.js') })],
    resolve: { alias: { $shared: here('shared') } },
    build: {
      outDir: here(`../liandong/web/${face}`),
      emptyOutDir: true,
      target: 'es2022',
      // an asset in a data: URL would need a wider content security policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
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
