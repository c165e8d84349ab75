import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Handle } from "../src/sandbox/protocol.ts";
import { serveSandbox } from "../src/sandbox/server.ts";

/** Lets a server listen on loopback until the test ends, and returns its port. */
export async function portOf(server: Server): Promise<number> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Serves a sandbox on a port of loopback until the test ends, and returns its URL. */
export async function sandboxUrl(handle: Handle): Promise<string> {
  const { url, close } = await serveSandbox({ handle }, { port: 0 });
  onTestFinished(close);
  return url;
}
