import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** The apps: where each is served, and its sources. */
export const FACES = /** @type {const} */ ({
  console: '/console/',
  officer: '/app/',
  graphiql: '/graphql/',
});

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

/** What draws maps is a file of its own, as the officer's app has it by itself: budgets are without it. */
const MAP = { groups: [{ name: 'mapping', test: /node_modules[\\/]leaflet[\\/].*\.js$/ }] };

/** How long what took, and directives meant for servers, are nothing to whoever runs the hub. */
const CHECKS = { bundlerTimings: false, moduleLevelDirective: false };

/**
 * GraphiQL's style sheet without the fonts in it: data: URLs, which our content security policy refuses;
 * ours are the system's.
 * @type {import('vite').Plugin}
 */
const withoutFonts = {
  name: 'without-fonts',
  enforce: 'pre',
  transform: (code, id) =>
    id.includes('/graphiql/dist/style.css') ? code.replace(/@font-face \{[^}]*\}/g, '') : undefined,
};

/**
 * GraphiQL's tabs as a list of buttons: its own have a button within each tab, which no screen reader can make
 * sense of.
 * @type {import('vite').Plugin}
 */
const tabsAsList = {
  name: 'tabs-as-list',
  transform: (code, id) =>
    id.endsWith('/@graphiql/react/dist/ui/tabs.js')
      ? code
          .replace(
            '"aria-selected": isActive, role: "tab"',
            '"aria-current": isActive || undefined',
          )
          .replace('role: "tablist"', 'role: "list"')
      : undefined,
};

/**
 * How one of them is built.
 * @param {keyof typeof FACES} face
 * @param {string} out the folder it is built into
 * @returns {import('vite').InlineConfig}
 */
export function configOf(face, out) {
  return {
    configFile: false,
    root: here(face),
    base: FACES[face],
    publicDir: here(`${face}/public`),
    define: { VERSION: JSON.stringify(version) },
    plugins: [
      withoutCursorStyle,
      withoutFonts,
      tabsAsList,
      svelte({ configFile: here('svelte.config.js') }),
    ],
    resolve: {
      alias: {
        $shared: here('shared'),
        'react-style-singleton': here('graphiql/src/no-style-element.ts'),
        // what its package names first is written for browsers of ten years ago, and weighs more
        dexie: here('node_modules/dexie/dist/modern/dexie.min.mjs'),
      },
    },
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2022',
      // an asset in a data: URL would need a wider content security policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: {
        checks: CHECKS,
        ...(face === 'console' && { output: { codeSplitting: MAP } }),
      },
      chunkSizeWarningLimit: 1100,
    },
    logLevel: 'warn',
  };
}

/**
 * How the script and the style sheet of the manuals are built. The script is no module: it stands in the
 * head, and has chosen language and theme before anything is painted.
 * @param {string} out
 * @returns {import('vite').InlineConfig}
 */
export function docsConfig(out) {
  return {
    configFile: false,
    root: here('docs'),
    base: '/docs/',
    publicDir: false,
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      // else the style sheet is written by the script, into an element that our policy refuses
      cssCodeSplit: false,
      reportCompressedSize: false,
      rolldownOptions: {
        checks: CHECKS,
        input: here('docs/site.ts'),
        output: {
          format: 'iife',
          entryFileNames: 'assets/[name]-[hash].js',
          assetFileNames: 'assets/[name]-[hash][extname]',
        },
      },
    },
    logLevel: 'warn',
  };
}

/**
 * How the service worker of the officer's app is built: one file beside the app, which must not be
 * hashed.
 * @param {string[]} files what it must hold
 * @param {string} version of them together
 * @param {string} out the app's folder
 * @returns {import('vite').InlineConfig}
 */
export function workerConfigOf(files, version, out) {
  return {
    configFile: false,
    root: here('officer'),
    publicDir: false,
    define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version) },
    build: {
      outDir: out,
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
  test: { include: ['{shared,console,officer,graphiql,docs}/**/*.test.ts'], testTimeout: 60_000 },
};
