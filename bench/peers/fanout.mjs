// graphql-ws over ws: every subscriber follows the same events, made here RATE times a second.
import { EventEmitter } from "node:events";
import { GraphQLEnumType, GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const [port, rate] = process.argv.slice(2);
const events = new EventEmitter();
events.setMaxListeners(0);

const text = { type: GraphQLString };
const object = (name, fields) => new GraphQLObjectType({ name, fields });
const Line = object("Line", { publicCode: text });
const Journey = object("Journey", { publicCode: text, mode: text, destination: text, line: { type: Line } });
const Call = object("Call", {
  id: { type: new GraphQLNonNull(GraphQLID) },
  expectedDeparture: text, status: text, plannedPlatform: text, actualPlatform: text,
  journey: { type: Journey },
});
const Change = new GraphQLEnumType({ name: "Change", values: { UPDATED: {} } });
const Event = object("Event", { cursor: text, change: { type: Change }, node: { type: Call } });

async function* follow() {
  const queue = [];
  let wake = () => {};
  const take = (event) => { queue.push(event); wake(); };
  events.on("change", take);
  try {
    for (;;) {
      while (queue.length) yield { departures: queue.shift() };
      await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    events.off("change", take);
  }
}

const schema = new GraphQLSchema({
  query: object("Query", { no: text }),
  subscription: object("Subscription", { departures: { type: Event, subscribe: follow } }),
});

const server = new WebSocketServer({ port: Number(port), host: "127.0.0.1", path: "/graphql" });
useServer({ schema }, server);
server.on("listening", () => console.log("ready"));

let number = 0;
setInterval(() => {
  number += 1;
  const code = `G${number % 50}`;
  // the same clock as the subscribers' time.monotonic(): seconds since the machine started
  const now = Number(process.hrtime.bigint()) / 1e9;
  events.emit("change", {
    cursor: String(number), change: "UPDATED",
    node: {
      id: `bench:${code}#1`, expectedDeparture: new Date().toISOString(), status: "DELAYED",
      plannedPlatform: "1", actualPlatform: `@${now.toFixed(6)}`,
      journey: { publicCode: code, mode: "RAIL", destination: "北京南", line: { publicCode: "京沪高速" } },
    },
  });
}, 1000 / Number(rate));
