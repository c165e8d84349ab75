import type { Dispatcher } from "undici";
import { schema } from "../schema/index.ts";
import { memoryStore } from "./cache/memory-store.ts";
import type { Config } from "./config.ts";
import type { Context } from "./context.ts";
import type { Instant } from "./domain/day.ts";
import { createServer } from "./server/server.ts";
import { createUpstream } from "./upstream/upstream.ts";

export interface AppOptions {
  /** How upstream is reached: a pool of connections, or the sandbox in this process. */
  readonly dispatcher: Dispatcher;
  readonly now: () => Instant;
  readonly onFault: (fault: unknown) => void;
  /** First pause before an upstream request is retried, in milliseconds. */
  readonly backoffMs?: number;
}

export type App = ReturnType<typeof createApp>;

/** The gateway as a function from requests to responses; `handle` is the same as a node:http listener. */
export function createApp(config: Config, { dispatcher, now, onFault, backoffMs = 500 }: AppOptions) {
  const upstream = createUpstream({
    baseUrl: config.baseUrl,
    credentials: config.credentials,
    dispatcher,
    now,
    timeoutMs: config.upstreamTimeoutMs,
    deadlineMs: config.operationTimeoutMs,
    backoffMs,
    store: memoryStore(config.cacheMemoryBytes),
    freshSeconds: config.freshSeconds,
    maxRequests: config.maxUpstreamRequests,
  });
  const server = createServer({
    schema,
    operation: upstream.operation,
    now,
    operationTimeoutMs: config.operationTimeoutMs,
    maxFirst: config.maxFirst,
    playground: config.playground,
    onFault,
  });
  return {
    fetch: server.fetch,
    /** What a command has in hand that asks without GraphQL; `signal` ends its patience. */
    context: (signal: AbortSignal): Context => ({
      upstream: upstream.operation(signal),
      now,
      maxFirst: config.maxFirst,
    }),
    handle: server,
    async dispose(): Promise<void> {
      await server.dispose();
      await dispatcher.close();
    },
  };
}
