import "./graphql-in-production.ts";

import type { IncomingMessage, ServerResponse } from "node:http";
import { lifetimeOf, observersOf } from "./cli/lifetime.ts";
import { openApp } from "./cli/open.ts";
import { ConfigError } from "./settings/config-error.ts";

export interface EmbeddedOptions {
  /**
   * True if the server around the gateway lets through only callers who may read everything. Without it, settings with API keys need
   * `AUTH=tokens` or `AUTH=jwt`: the gateway cannot see on which addresses that server listens.
   */
  readonly allowUnauthenticated?: boolean;
  /** Measures what `metrics` of the gateway returns; the server around it serves that. */
  readonly metrics?: boolean;
}

/** A gateway inside another server. */
export interface EmbeddedApp {
  /** Answers a request as a Response. Paths are the gateway's own: `/graphql`, `/q/NAME`, `/export/NAME.csv`, `/healthz`, `/readyz`. */
  readonly fetch: (input: string | Request, init?: RequestInit) => Promise<Response>;
  /** Answers a request of node:http, and so of Express and Fastify. The body must not have been read. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Returns metrics in Prometheus' text format; null without the option `metrics`. */
  readonly metrics: (() => Promise<string>) | null;
  /** From now on `/readyz` answers 503; all else is still answered. */
  readonly startDraining: () => void;
  /** Closes connections, stores and logs. Call it when the last request has been answered. */
  readonly dispose: () => Promise<void>;
}

/**
 * Opens a gateway with settings by the names of the environment variables, over the sandbox if no key is among them. `HOST`, `PORT`,
 * `WORKERS`, `DRAIN_DELAY` and `METRICS` belong to a server, and have no effect here. Throws ConfigError with all faults of the settings.
 */
async function createEmbedded(
  settings: Readonly<Record<string, string | undefined>> = process.env,
  { allowUnauthenticated = false, metrics: isMeasured = false }: EmbeddedOptions = {},
): Promise<EmbeddedApp> {
  const faults = Object.entries(settings)
    .filter(([, value]: [string, unknown]) => value !== undefined && typeof value !== "string")
    .map(([name]) => `${name} is not text, which every setting is, as in the environment.`);
  if (faults.length > 0) throw new ConfigError(faults);
  const opened = await openApp(settings, {
    loggersOf(config, now) {
      if (config.sandbox === null && config.access.auth.kind === "none" && !allowUnauthenticated)
        throw new ConfigError([EXPOSED]);
      return observersOf(config, now, isMeasured);
    },
  });
  const { app, loggers } = opened;
  const { metrics } = loggers;
  return {
    fetch: app.fetch,
    handle: app.handle,
    metrics: metrics && (() => metrics.text()),
    ...lifetimeOf(opened),
  };
}

const EXPOSED =
  "AUTH is none, keys are set, and the gateway does not know who can reach the server around it: set AUTH to tokens or jwt, or pass allowUnauthenticated if that server authenticates callers.";

export { ConfigError, createEmbedded as createApp };
