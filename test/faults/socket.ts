import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { Agent } from "undici";
import { type GatewayOptions, gateway } from "../gateway.ts";
import { PATHS } from "../wire.ts";
import { GOOD_PAGE, ORGANIZATION } from "./faults.ts";

/** Answers the nth request for people, from 1. */
export type Listener = (response: ServerResponse, attempt: number, request: IncomingMessage) => void;

/** A gateway over an upstream behind a real socket, for the faults that no response object can hold. */
export async function overSocket(users: Listener, settings: GatewayOptions["settings"] = {}) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://upstream.test");
    if (pathname !== PATHS.users) return void answer(response, ORGANIZATION);
    requests.push(request);
    users(response, requests.length, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dispatcher = new Agent({ connect: { lookup: toLoopback } });
  const { ask, faults, outages } = gateway({
    dispatcher,
    settings: { ANTHROPIC_BASE_URL: `http://upstream.test:${port}`, ...settings },
  });
  return {
    ask,
    faults,
    outages,
    port,
    /** Those for people, as they came. */
    requests,
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

export function answer(response: ServerResponse, body: unknown = GOOD_PAGE): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Every name is this machine. */
const toLoopback: LookupFunction = (_host, { all }, done) =>
  all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
