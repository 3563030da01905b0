// mercurius with JIT, answering the board query from the same MongoDB collection.
import Fastify from "fastify";
import mercurius from "mercurius";
import { MongoClient } from "mongodb";

const [port, uri] = process.argv.slice(2);
const client = await new MongoClient(uri).connect();
const calls = client.db("liandong").collection("calls");

const schema = `
  type Line { publicCode: String name: String }
  type Journey { publicCode: String mode: String destination: String line: Line }
  type StopPlace { id: ID! name: String }
  type Call {
    id: ID! aimedDeparture: String expectedDeparture: String status: String
    plannedPlatform: String actualPlatform: String journey: Journey stopPlace: StopPlace
  }
  type Query { departures(stopPlace: ID!, first: Int): [Call!]! }`;

const resolvers = {
  Query: {
    departures: (_, { stopPlace, first }) =>
      calls
        .find({ "stop_place.id": stopPlace, "board.departure": { $gte: new Date() } })
        .sort({ "board.departure": 1, _id: 1 })
        .limit(first)
        .toArray(),
  },
  Call: {
    id: (call) => call._id,
    aimedDeparture: (call) => call.aimed.departure?.toISOString(),
    expectedDeparture: (call) => call.expected.departure?.toISOString(),
    plannedPlatform: (call) => call.platform.planned,
    actualPlatform: (call) => call.platform.actual,
    stopPlace: (call) => call.stop_place,
  },
  Journey: {
    publicCode: (journey) => journey.public_code,
    destination: (journey) => journey.destination.zh,
  },
  Line: { publicCode: (line) => line.public_code, name: (line) => line.name.zh },
  StopPlace: { id: (place) => place.id ?? place._id, name: (place) => place.name.zh },
};

const app = Fastify();
await app.register(mercurius, { schema, resolvers, jit: 1 });
await app.listen({ port: Number(port), host: "127.0.0.1" });
console.log("ready");
