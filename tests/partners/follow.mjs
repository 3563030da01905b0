// Follows one subscription with the client that browsers use: `follow.mjs sse|ws URL TOKEN REQUEST`.
// What the client makes of the hub's answers is printed, one JSON object a line.
import { createClient as overSse } from "graphql-sse";
import { createClient as overSocket } from "graphql-ws";
import WebSocket from "ws";

const [transport, url, token, request] = process.argv.slice(2);
const say = (event) => console.log(JSON.stringify(event));
const authorization = `Bearer ${token}`;
const soon = () => new Promise((resolve) => setTimeout(resolve, 50));
const on = { connecting: (again) => say({ connecting: again ? "again" : "first" }) };
const client =
  transport === "sse"
    ? overSse({ url, headers: { authorization }, retryAttempts: 2, retry: soon, on })
    : overSocket({
        url: url.replace("http", "ws"),
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        retryAttempts: 2,
        retryWait: soon,
        on,
      });

const asked = JSON.parse(request);
asked.variables ??= {};
client.subscribe(asked, {
  next(result) {
    // a client that reconnects by itself sends this object again: it goes on from here
    for (const event of Object.values(result.data ?? {})) asked.variables.after = event.cursor;
    say({ next: result });
  },
  error(error) {
    const closed = error.code && { code: error.code, reason: error.reason };
    say({ error: error.response?.status ?? closed ?? error.message ?? error });
    process.exit();
  },
  complete() {
    say({ complete: true });
    process.exit();
  },
});
