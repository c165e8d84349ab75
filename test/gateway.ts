import type { Dispatcher } from "undici";
import { type AlertLog, createApp } from "../src/app.ts";
import type { AlertStore } from "../src/cache/alert-store.ts";
import type { Archive } from "../src/cache/archive.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { readConfig } from "../src/config.ts";
import type { Warning } from "../src/context.ts";
import { Outage, type OutageSubject } from "../src/errors.ts";
import { SandboxDispatcher } from "../src/sandbox/dispatcher.ts";
import type { EndpointOptions } from "../src/sandbox/endpoints.ts";
import type { Handle, WireRequest, WireResponse } from "../src/sandbox/protocol.ts";
import { type Sandbox, sandboxOver } from "../src/sandbox/sandbox.ts";
import type { FileRead } from "../src/server/auth/watched-file.ts";
import type { AuditEntry } from "../src/server/observability/audit.ts";
import type { Metrics } from "../src/server/observability/metrics.ts";
import type { Tracing } from "../src/server/observability/tracing.ts";
import type { Environment } from "../src/settings/settings.ts";
import type { Pace } from "../src/upstream/http/pace.ts";
import { answerOf } from "./answer.ts";
import { ledgerOf, simulated } from "./simulated.ts";

export const NOW = "2026-11-22T12:00:00Z";

/** One REST path of a hand-made upstream: a response, made from the request's query. */
export type Route = (query: URLSearchParams, request: WireRequest) => WireResponse | Promise<WireResponse>;

export interface GatewayOptions {
  /** Where the clock stands; move it with `at`. */
  readonly now?: string;
  /** The simulated organization, or … */
  readonly sandbox?: { readonly users: number; readonly seed?: number } & EndpointOptions;
  /** … hand-made answers by path. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** … or whatever this reaches, of which nothing is in `seen`. */
  readonly dispatcher?: Dispatcher;
  readonly settings?: Environment;
  /** What it shares with other gateways. */
  readonly store?: SharedStore;
  readonly archive?: Archive;
  readonly alertStore?: AlertStore;
  readonly alertLog?: AlertLog;
  /** By default nothing is measured. */
  readonly metrics?: Metrics;
  /** By default nothing is traced. */
  readonly tracing?: Tracing;
  readonly pace?: Pace;
  /** How long a store is waited for, in milliseconds; a minute, so that a busy machine is not an outage, unless a test is about one. */
  readonly storeTimeoutMs?: number;
  /** Whether upstream has to show of which organization each key is, by a request of its own; not unless a test is about that. */
  readonly proof?: boolean;
  /** Folder of the built dashboard; by default there is none, so that a test does not depend on a build. */
  readonly pages?: URL;
  /** The module that draws charts; by default its source. */
  readonly pictures?: URL;
}

/** What a client gets; data is as loose as JSON is. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape of what it asked for
  readonly data: any;
  readonly errors?: readonly ClientError[];
  readonly extensions: {
    readonly upstream: {
      readonly requests: number;
      readonly cacheHits: number;
      readonly duplicates: number;
      readonly waitMs: number;
    };
    readonly warnings?: readonly Warning[];
    readonly freshness: {
      readonly state: string | null;
      readonly refreshedAt: string | null;
      readonly stale: boolean;
    };
  };
}

export interface ClientError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

/** The whole suite runs with kept answers and without them. */
const RESPONSE_CACHE = { RESPONSE_CACHE: process.env.RESPONSE_CACHE ?? "on" };

/** The gateway over a simulated or hand-made upstream, with every upstream request in `seen`. */
export function gateway({
  now = NOW,
  sandbox: size,
  routes = {},
  dispatcher,
  settings = {},
  store,
  archive,
  alertStore,
  alertLog,
  metrics,
  tracing,
  pace,
  storeTimeoutMs = 60_000,
  proof = false,
  pages = new URL("not-built/", import.meta.url),
  pictures = new URL("../src/web/picture/picture.tsx", import.meta.url),
}: GatewayOptions = {}) {
  let clock = Date.parse(now);
  const seen: URL[] = [];
  const faults: unknown[] = [];
  const outages: Outage[] = [];
  const recoveries: OutageSubject[] = [];
  const filesRead: FileRead[] = [];
  const foreignOrigins: string[] = [];
  const audited: AuditEntry[] = [];
  const sandbox: Sandbox | null =
    size === undefined
      ? null
      : sandboxOver(ledgerOf(simulated({ seed: size.seed ?? 1, users: size.users })), {
          ...size,
          now: () => clock,
          rateLimit: "off",
        });
  const handle: Handle = async (request, signal) => {
    const url = new URL(request.path, "http://upstream.test");
    seen.push(url);
    if (sandbox !== null) return sandbox.handle(request, signal);
    const route = routes[url.pathname];
    return route === undefined
      ? refusal(404, "not_found_error", "no such path")
      : route(url.searchParams, request);
  };
  const keys = { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test", ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-test" };
  const unlimited = { UPSTREAM_PER_MINUTE: "1000000", LOOKUPS_PER_MINUTE: "1000000" };
  const config = readConfig({
    ...keys,
    ...unlimited,
    ANTHROPIC_BASE_URL: "http://upstream.test",
    ALLOWED_HOSTS: "*",
    ...RESPONSE_CACHE,
    ...settings,
  });
  const app = createApp(config, {
    dispatcher: dispatcher ?? new SandboxDispatcher({ handle }),
    now: () => clock,
    onFault: (fault) =>
      fault instanceof Outage && fault.about.dataset !== undefined ? outages.push(fault) : faults.push(fault),
    onRecovery: (about) => recoveries.push(about),
    onFileRead: (about) => filesRead.push(about),
    onForeignOrigin: (origin) => foreignOrigins.push(origin),
    audit: (entry) => audited.push(entry),
    digest: (text) => `h:${text.length}`,
    backoffMs: 1,
    areKeysProven: !proof,
    storeTimeoutMs,
    pages,
    pictures,
    ...(store === undefined ? {} : { store }),
    ...(archive === undefined ? {} : { archive }),
    ...(alertStore === undefined ? {} : { alertStore }),
    ...(alertLog === undefined ? {} : { alertLog }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(tracing === undefined ? {} : { tracing }),
    ...(pace === undefined ? {} : { pace }),
  });

  async function ask(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return answerOf(response);
  }

  return {
    ask,
    app,
    config,
    seen,
    faults,
    /** Of upstream. */
    outages,
    recoveries,
    filesRead,
    foreignOrigins,
    audited,
    /** Only with `sandbox`. */
    get organization() {
      if (sandbox === null) throw new Error("this gateway has a hand-made upstream");
      return sandbox.organization;
    },
    /** Moves the clock. */
    at(instant: string) {
      clock = Date.parse(instant);
    },
    /** The upstream requests made while `work` ran. */
    async requestsOf<T>(work: () => Promise<T>): Promise<[result: T, requests: URL[]]> {
      const before = seen.length;
      const result = await work();
      return [result, seen.slice(before)];
    },
  };
}

export function json(body: unknown): WireResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

export function refusal(
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  const body = { type: "error", error: { type, message }, request_id: "req_test" };
  return {
    status,
    headers: { "content-type": "application/json", "request-id": "req_test", ...headers },
    body: JSON.stringify(body),
  };
}
