// A gateway over the hub (URL, TOKEN) and two subgraphs of partners, which answer from memory.
// From stdin { subgraphs: { name: sdl }, query }; to stdout the answer.
import { text } from 'node:stream/consumers'
import { composeServices } from '@apollo/composition'
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'

const [url, token] = process.argv.slice(2)
const { subgraphs, query } = JSON.parse(await text(process.stdin))

const page = { hasNextPage: false, hasPreviousPage: false, startCursor: 'a', endCursor: 'a' }
const bakery = {
  id: 'shop-1',
  name: 'Bakery',
  position: { lat: 37.44, lon: -122.16 },
  accessibility: 'ACCESSIBLE',
  reachedBy: ['RAIL'],
  closedOn: [],
  nearest: { scopedId: 'ds:palo_alto' },
}
const shops = { edges: [{ cursor: 'a', node: bakery }], pageInfo: page }
const resolvers = {
  shops: {
    Query: {
      shops: () => shops,
      shoppingStops: () => ({ edges: [], nodes: [bakery.nearest], pageInfo: page }),
    },
    StopPlace: {
      __resolveReference: ({ scopedId }) => ({ scopedId }),
      shops: ({ scopedId }) => (scopedId === 'ds:palo_alto' ? shops : { edges: [], pageInfo: page }),
    },
  },
  fares: {
    StopPlace: { __resolveReference: ({ id }) => ({ id, fareZone: '3' }) },
    Line: { __resolveReference: ({ id }) => ({ id, fare: 375 }) },
  },
}

class Hub extends RemoteGraphQLDataSource {
  willSendRequest({ request }) {
    request.http.headers.set('authorization', `Bearer ${token}`)
  }
}

const services = Object.entries(subgraphs).map(([name, sdl]) => ({ name, url, typeDefs: parse(sdl) }))
const { errors, supergraphSdl } = composeServices(services)
if (errors) throw new AggregateError(errors, 'they do not compose')
const gateway = new ApolloGateway({
  supergraphSdl,
  buildService: ({ name }) =>
    name === 'hub'
      ? new Hub({ url })
      : new LocalGraphQLDataSource(
          buildSubgraphSchema({ typeDefs: parse(subgraphs[name]), resolvers: resolvers[name] }),
        ),
})
const { schema, executor } = await gateway.load()
const answer = await executor({
  schema,
  document: parse(query),
  source: query,
  request: { query },
  queryHash: query,
  context: {},
  metrics: {},
})
console.log(JSON.stringify(answer))
await gateway.stop()
