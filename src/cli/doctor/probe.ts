import { type App, createApp } from "../../app.ts";
import type { RateLimiter, SharedStore } from "../../cache/shared-store.ts";
import type { Config } from "../../config.ts";
import type { Instant } from "../../domain/day.ts";
import { Outage } from "../../errors.ts";
import { dispatcherTo } from "../../proxies.ts";
import { MemoryAccounts } from "../../server/limits/accounts.ts";
import { type Observed, observed } from "./observed.ts";

export interface ProbeOptions {
  /** Shares the minute of upstream requests; null: nothing is shared. */
  readonly store: SharedStore | null;
  readonly now: () => Instant;
  /** The most upstream requests. */
  readonly most: number;
}

/** A gateway that finds out about upstream. */
export interface Probe extends Pick<Observed, "requests" | "aheadMs"> {
  readonly app: App;
  /** Outages so far. */
  readonly outages: readonly Outage[];
}

/**
 * Opens a gateway that tries each upstream request once. Its requests count in the minute that `store` shares; it reads nothing from
 * the store and keeps nothing there.
 */
export function openProbe(config: Config, { store, now, most }: ProbeOptions): Probe {
  const { baseUrl, proxies } = config.upstream;
  const { dispatcher, ...seen } = observed(dispatcherTo(baseUrl, proxies), most, now);
  const outages: Outage[] = [];
  const app = createApp(
    // Callers are no concern here, nor are their links.
    { ...config, links: null, access: { ...config.access, auth: { kind: "none" } } },
    {
      dispatcher,
      now,
      attempts: 1,
      workers: store && { store: limiterOf(store), accounts: new MemoryAccounts(now) },
      onFault: (fault) => void (fault instanceof Outage && outages.push(fault)),
    },
  );
  return { app, outages, ...seen };
}

/** True if upstream as a whole cannot be reached, and not if it answers with a failure. */
export function isUnreachable({ code }: Pick<Outage, "code">): boolean {
  return !/^(HTTP_\d+|NOT_JSON|TOO_LARGE|WRONG_ORGANIZATION)$/.test(code);
}

/** A store that limits requests and holds no answer. */
function limiterOf(store: RateLimiter & Pick<SharedStore, "about">): SharedStore {
  return {
    about: store.about,
    take: (...args) => store.take(...args),
    block: (...args) => store.block(...args),
    occupancy: (...args) => store.occupancy(...args),
    get: async () => null,
    async set() {},
    async delete() {},
    acquire: async () => true,
    async release() {},
    async dispose() {},
  };
}
