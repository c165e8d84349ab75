import { setTimeout } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { schema } from "../schema/index.ts";
import { guardedStore } from "./cache/guarded-store.ts";
import { memoryAllowance } from "./cache/memory-allowance.ts";
import { memoryStore } from "./cache/memory-store.ts";
import type { SharedStore } from "./cache/shared-store.ts";
import type { AuthConfig, Config } from "./config.ts";
import type { Context } from "./context.ts";
import type { Instant } from "./domain/day.ts";
import { ANYBODY } from "./domain/viewer.ts";
import type { Authenticate } from "./server/authenticate.ts";
import { readDocuments } from "./server/documents/manifest.ts";
import type { TrustedDocuments } from "./server/documents/trusted.ts";
import { jwtTokens } from "./server/jwt.ts";
import { createServer } from "./server/server.ts";
import { fileTokens } from "./server/tokens.ts";
import type { Priority } from "./upstream/budget.ts";
import type { Manner } from "./upstream/operation.ts";
import type { Pace } from "./upstream/pace.ts";
import { createUpstream } from "./upstream/upstream.ts";

export interface AppOptions {
  /** How upstream is reached: a pool of connections, or the sandbox in this process. */
  readonly dispatcher: Dispatcher;
  readonly now: () => Instant;
  readonly onFault: (fault: unknown) => void;
  /** What replicas share; none where this process is alone. */
  readonly store?: SharedStore | null;
  /** How time passes, where that is simulated. */
  readonly pace?: Pace;
  /** First pause before an upstream request is retried, in milliseconds. */
  readonly backoffMs?: number;
}

export type App = ReturnType<typeof createApp>;

const REAL_TIME: Pace = { now: () => performance.now(), sleep: (ms) => setTimeout(ms) };

function authenticateBy(
  auth: AuthConfig,
  now: () => Instant,
  onFault: (fault: unknown) => void,
  documents: TrustedDocuments,
): Authenticate | null {
  if (auth.kind === "none") return null;
  return auth.kind === "jwt"
    ? jwtTokens({ ...auth, now })
    : fileTokens({ path: auth.path, now, onFault, documents });
}

/** The gateway as a function from requests to responses; `handle` is the same as a node:http listener. */
export function createApp(
  config: Config,
  { dispatcher, now, onFault, store = null, pace = REAL_TIME, backoffMs = 500 }: AppOptions,
) {
  const trusted = readDocuments(schema, config.documents.path);
  const allowance = memoryAllowance(pace.now);
  const shared = store && guardedStore(store, { allowance, onFault });
  const upstream = createUpstream({
    baseUrl: config.baseUrl,
    credentials: config.credentials,
    dispatcher,
    now,
    timeoutMs: config.upstreamTimeoutMs,
    deadlineMs: config.operationTimeoutMs,
    backoffMs,
    store: memoryStore(config.cacheMemoryBytes),
    shared,
    allowance: shared ?? allowance,
    limits: config.limits,
    pace,
    freshSeconds: config.freshSeconds,
    maxRequests: config.maxUpstreamRequests,
  });
  let isReady = true;
  const server = createServer({
    schema,
    operation: upstream.operation,
    now,
    operationTimeoutMs: config.operationTimeoutMs,
    maxFirst: config.maxFirst,
    roster: config.roster,
    introspection: config.introspection,
    playground: config.playground,
    documents: { ...config.documents, trusted },
    allowedOrigins: config.allowedOrigins,
    authenticate: authenticateBy(config.auth, now, onFault, trusted),
    isReady: () => isReady,
    onFault,
  });
  return {
    fetch: server.fetch,
    /** What a command has in hand that asks without GraphQL; `signal` ends its patience. */
    context: (signal: AbortSignal, priority: Priority = "interactive", manner: Manner = {}): Context => ({
      upstream: upstream.operation({ signal, priority, ...manner }),
      viewer: ANYBODY,
      now,
      maxFirst: config.maxFirst,
      roster: config.roster,
    }),
    handle: server.handle,
    /** From now on it asks, on /readyz, to be sent nothing more; what comes is answered all the same. */
    retire(): void {
      isReady = false;
    },
    async dispose(): Promise<void> {
      await server.dispose();
      await dispatcher.close();
      await store?.dispose();
    },
  };
}
