// Makes the types of every operation from the committed SDL, and the map of trusted documents.
//
//   node tools/types.js           writes shared/gql/generated.ts and ../schema/documents.json
//   node tools/types.js --check   writes nothing; fails when they are behind
//
// An operation is a *.graphql file beside the screen that asks it. The apps carry its hash, never its
// text: the hub has the map (GraphQL over HTTP, appendix A, persisted documents).
import { codegen } from '@graphql-codegen/core';
import * as scalars from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Kind, buildSchema, parse, print, validate, visit } from 'graphql';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const TYPES = here('../shared/gql/generated.ts');
const DOCUMENTS = here('../../schema/documents.json');

const schema = buildSchema(readFileSync(here('../../schema/schema.graphql'), 'utf8'));
const files = ['shared', 'console', 'officer']
  .flatMap((folder) =>
    readdirSync(here(`../${folder}`), { recursive: true }).map((name) => `${folder}/${name}`),
  )
  .filter((name) => name.endsWith('.graphql'))
  .sort();

/** @type {Map<string, import('graphql').FragmentDefinitionNode>} */
const fragments = new Map();
/** @type {Map<string, import('graphql').OperationDefinitionNode>} */
const asked = new Map();
for (const file of files) {
  for (const part of parse(readFileSync(here(`../${file}`), 'utf8')).definitions) {
    if (part.kind !== Kind.FRAGMENT_DEFINITION && part.kind !== Kind.OPERATION_DEFINITION) {
      throw new Error(`${file}: only operations and fragments belong here.`);
    }
    const name = part.name?.value;
    const held = part.kind === Kind.FRAGMENT_DEFINITION ? fragments : asked;
    if (!name) throw new Error(`${file}: an operation without a name.`);
    if (held.has(name)) throw new Error(`${file}: ${name} is defined twice.`);
    held.set(name, /** @type {any} */ (part));
  }
}

/**
 * An operation with the fragments it spreads, at any depth.
 * @param {import('graphql').OperationDefinitionNode} operation
 * @returns {import('graphql').DocumentNode}
 */
function whole(operation) {
  /** @type {Set<string>} */
  const names = new Set();
  const gather = (/** @type {import('graphql').ASTNode} */ node) =>
    visit(node, {
      FragmentSpread({ name: { value } }) {
        if (names.has(value)) return;
        names.add(value);
        const found = fragments.get(value);
        if (!found) throw new Error(`No fragment ${value}.`);
        gather(found);
      },
    });
  gather(operation);
  const spread = [...names].sort().map((name) => {
    const found = fragments.get(name);
    if (!found) throw new Error(`No fragment ${name}.`);
    return found;
  });
  return { kind: Kind.DOCUMENT, definitions: [operation, ...spread] };
}

/** @type {Record<string, string>} */
const documents = {};
/** @type {string[]} */
const constants = [];
for (const [name, operation] of [...asked].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const document = whole(operation);
  const faults = validate(schema, document);
  if (faults.length > 0) throw new Error(`${name}: ${faults.map(String).join('\n')}`);
  const text = print(document);
  const id = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  documents[id] = text;
  const kind = operation.operation;
  const suffix = `${name}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  constants.push(
    `export const ${name} = { id: '${id}', name: '${name}', kind: '${kind}' } as unknown as ` +
      `Operation<${suffix}, ${suffix}Variables>;`,
  );
}

const types = await codegen({
  schema: parse(readFileSync(here('../../schema/schema.graphql'), 'utf8')),
  filename: TYPES,
  documents: [...fragments.values(), ...asked.values()].map((part) => ({
    location: part.name?.value ?? '',
    document: { kind: Kind.DOCUMENT, definitions: [part] },
  })),
  plugins: [{ scalars: {} }, { operations: {} }],
  pluginMap: { scalars, operations },
  config: {
    onlyOperationTypes: true,
    enumsAsTypes: true,
    skipTypename: true,
    strictScalars: true,
    useTypeImports: true,
    avoidOptionals: { field: true, object: true },
    inlineFragmentTypes: 'combine',
    scalars: {
      DateTime: 'string',
      Date: 'string',
      GeoJSON: 'unknown',
      _Any: 'unknown',
      _FieldSet: 'string',
      link__Import: 'string',
    },
  },
});
const head = [
  '// Made by tools/types.js from schema/schema.graphql and the *.graphql files: not to be edited.',
  "import type { Operation } from './operation';",
  '',
].join('\n');
const written = {
  [TYPES]: `${head}${types}\n${constants.join('\n')}\n`,
  [DOCUMENTS]: `${JSON.stringify(documents, null, 1)}\n`,
};
let behind = false;
for (const [path, text] of Object.entries(written)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is behind the schema or the operations: run \`make web-types\`.`);
    behind = true;
  }
}
process.exit(behind ? 1 : 0);
