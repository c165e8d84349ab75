import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Handle } from "./protocol.ts";

export interface Listener {
  /** Without a slash at its end. */
  readonly url: string;
  /** Stops accepting and resolves when the requests under way are answered. */
  close(): Promise<void>;
}

/** A hundred ids in each of several lists make a long request line. */
const MAX_HEADER_BYTES = 64 * 1024;

/** The sandbox on its port (0: any free one), for clients outside this process. */
export async function serveSandbox(
  sandbox: { readonly handle: Handle },
  { host = "127.0.0.1", port }: { readonly host?: string; readonly port: number },
): Promise<Listener> {
  let closing = false;
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: 10_000, requestTimeout: 30_000 },
    (incoming, outgoing) => {
      incoming.resume(); // a body that is not read would hold the connection
      const gone = new AbortController();
      outgoing.once("close", () => gone.abort());
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
      sandbox.handle({ method: incoming.method ?? "", path: incoming.url ?? "", headers }, gone.signal).then(
        ({ status, headers, body }) => {
          outgoing.writeHead(status, closing ? { ...headers, connection: "close" } : headers).end(body);
        },
        () => outgoing.destroy(),
      );
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { address, port: bound, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close: () =>
      new Promise((resolve, reject) => {
        closing = true;
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}
