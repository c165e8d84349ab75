import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { type GatewayOptions, gateway } from "../gateway.ts";

/** A gateway that listens on a port until the tests of the file have run, as the clients of other people meet it. */
export async function served(options: GatewayOptions): Promise<{ readonly url: string }> {
  const { app } = gateway(options);
  const server = createServer(app.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await app.dispose();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` };
}
