import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpError } from "../../server/http/http-error.ts";
import { hostIn, refuseOtherHosts } from "../../server/http/origin.ts";
import type { MetricsAddress } from "../../settings/metrics.ts";
import type { AllowedHosts } from "../../settings/server.ts";
import { cannotListen } from "../listen.ts";

export interface MetricsListenerOptions extends MetricsAddress {
  readonly allowedHosts: AllowedHosts;
  /** Prometheus' text format. */
  readonly scrape: () => Promise<string>;
}

/** A Prometheus server scrapes over one connection; a few more are for people and a second server. */
const MAX_CONNECTIONS = 20;

/** Serves metrics until the process ends, and returns a line that says where. An address that cannot be used ends the process. */
export async function listenForScrapes({
  host,
  port,
  allowedHosts,
  scrape,
}: MetricsListenerOptions): Promise<string> {
  let current: Promise<string> | null = null;
  /** Scrapes at the same time share one reading. */
  const read = () => {
    current ??= scrape().finally(() => {
      current = null;
    });
    return current;
  };
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(request, response, allowedHosts, read);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.once("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(cannotListen(error, { host, port }, "METRICS"));
    process.exit(1);
  });
  await new Promise<void>((listening) => server.listen(port, host, listening));
  server.unref();
  const { port: open } = server.address() as AddressInfo;
  return `metrics on http://${host.includes(":") ? `[${host}]` : host}:${open}/metrics\n`;
}

async function answer(
  { method = "", url = "", headers }: IncomingMessage,
  response: ServerResponse,
  allowedHosts: AllowedHosts,
  read: () => Promise<string>,
): Promise<void> {
  try {
    refuseOtherHosts(hostIn(headers.host), allowedHosts);
    const isRead = method === "GET" || method === "HEAD";
    if (!isRead) response.writeHead(405, { allow: "GET, HEAD" }).end();
    else if (!/^\/metrics(?:\?|$)/.test(url)) response.writeHead(404).end();
    else {
      const text = await read();
      response.writeHead(200, { "content-type": CONTENT_TYPE, "cache-control": "no-store" }).end(text);
    }
  } catch (fault) {
    response.writeHead(fault instanceof HttpError ? fault.status : 500).end();
  }
}

/** Prometheus' text format, version 0.0.4. */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
