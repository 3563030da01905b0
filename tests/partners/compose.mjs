// Subgraphs from stdin ([{ name, sdl }]); to stdout what each composer says: { composer: [errors] }.
import { text } from 'node:stream/consumers'
import { composeServices as apollo } from '@apollo/composition'
import { composeServices as hive } from '@theguild/federation-composition'
import { parse } from 'graphql'

const subgraphs = JSON.parse(await text(process.stdin)).map(({ name, sdl }) => ({
  name,
  url: `http://${name}.invalid/graphql`,
  typeDefs: parse(sdl),
}))
const said = {}
for (const [composer, compose] of Object.entries({ apollo, hive })) {
  const { errors, supergraphSdl } = compose(subgraphs)
  said[composer] = errors?.map((error) => `${error.extensions?.code}: ${error.message}`) ?? []
  if (!supergraphSdl && said[composer].length === 0) said[composer].push('no supergraph')
}
console.log(JSON.stringify(said))
