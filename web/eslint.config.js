import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['node_modules', 'shared/gql/generated.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.serviceworker } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
  { files: ['tools/**', '*.js'], languageOptions: { globals: globals.node } },
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      // a template string that holds a number is no mistake
      '@typescript-eslint/restrict-template-expressions': 'off',
      'svelte/no-at-html-tags': 'error',
      // one that nobody changes after it was made needs no watching
      'svelte/prefer-svelte-reactivity': 'off',
      // our addresses are those of the hub, below the app's own base
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  { files: ['tools/**'], rules: { 'no-console': 'off' } },
);
