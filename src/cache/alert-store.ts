import type { Alert } from "../domain/alert.ts";
import type { Instant } from "../domain/day.ts";
import { GatewayError, type OutageSubject } from "../errors.ts";
import { Guard, type GuardOptions } from "./guarded-store.ts";

/** States of the delivery of one alert to one receiver. */
export const DELIVERY_STATES = {
  PENDING: "Not delivered yet; further attempts follow.",
  DELIVERED: "The receiver has acknowledged it.",
  FAILED: "Given up.",
} as const;

export type DeliveryState = keyof typeof DELIVERY_STATES;

/** The delivery of an alert to a receiver. */
export interface Delivery {
  /** Name of the webhook, or that of the log. */
  readonly target: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** When the last attempt ended; null before the first has. */
  readonly at: Instant | null;
}

/** An alert with its deliveries, by the names of their receivers. */
export interface AlertRecord {
  readonly alert: Alert;
  readonly deliveries: readonly Delivery[];
}

/** A delivery that this holder alone may attempt until its lease ends. */
export interface LeasedDelivery {
  readonly alert: Alert;
  readonly target: string;
  /** Attempts before this one that have ended. */
  readonly attempts: number;
}

/** How an attempt has ended; `PENDING` says when the next one is due. */
export type DeliveryOutcome =
  | { readonly state: "DELIVERED" | "FAILED"; readonly at: Instant }
  | { readonly state: "PENDING"; readonly at: Instant; readonly nextAt: Instant };

/** The place of an alert in the list of all, newest first. */
export interface AlertPlace {
  readonly recordedAt: Instant;
  readonly id: string;
}

/** Number of deliveries to a receiver in a state. */
export interface DeliveryCount {
  readonly target: string;
  readonly state: DeliveryState;
  readonly count: number;
}

/**
 * Keeps the alerts of all replicas of a gateway, in the durable part of the store: nothing that can be fetched again pushes them out.
 * An alert is recorded once, with its deliveries, and each delivery is attempted by one replica at a time. Times are those of the
 * callers, in milliseconds; a replica with a clock that is ahead can end a lease too early, and repeats an attempt then.
 */
export interface AlertStore {
  readonly about: OutageSubject;
  /**
   * Records an alert that is not recorded yet, with a pending delivery to each target. `full`: there is no room, and nothing was
   * recorded.
   */
  record(alert: Alert, targets: readonly string[]): Promise<"new" | "known" | "full">;
  /** Leases pending deliveries that are due, the oldest first. */
  lease(now: Instant, until: Instant, limit: number): Promise<readonly LeasedDelivery[]>;
  /** Ends an attempt. An ended delivery stays as it is. */
  settle(alertId: string, target: string, outcome: DeliveryOutcome): Promise<void>;
  /** Reads alerts, newest first, that come after a place. */
  list(after: AlertPlace | null, limit: number): Promise<readonly AlertRecord[]>;
  counts(): Promise<readonly DeliveryCount[]>;
  /** Reads a text that the replicas share; null if none is kept. */
  note(name: string): Promise<string | null>;
  setNote(name: string, text: string): Promise<void>;
  dispose(): Promise<void>;
}

/** The most alerts that are kept: some years of a large organization, in about 50 MB. */
export const MAX_ALERTS = 100_000;

/** Alerts are kept until no period that they can be about is judged any more, and for some weeks for people who look back. */
export const KEPT_MS = 430 * 86_400_000;

/** Nothing waits longer: what seems to is of a clock that was ahead, and is due. */
export const LONGEST_WAIT_MS = 2 * 86_400_000;

/** An alert store that is left alone for a while after it failed. Its failures are errors: without it nothing is known of any alert. */
export function guardedAlertStore(store: AlertStore, options: Omit<GuardOptions, "rateLimiter">): AlertStore {
  const { about } = store;
  const guard = new Guard(about, options);
  const call = <T>(ask: () => Promise<T>) =>
    guard.call(ask, () => {
      throw new GatewayError(
        "UPSTREAM_UNAVAILABLE",
        "The store that keeps alerts cannot be used now; retry later.",
      );
    });
  return {
    about,
    record: (alert, targets) => call(() => store.record(alert, targets)),
    lease: (now, until, limit) => call(() => store.lease(now, until, limit)),
    settle: (alertId, target, outcome) => call(() => store.settle(alertId, target, outcome)),
    list: (after, limit) => call(() => store.list(after, limit)),
    counts: () => call(() => store.counts()),
    note: (name) => call(() => store.note(name)),
    setNote: (name, text) => call(() => store.setNote(name, text)),
    dispose: () => store.dispose(),
  };
}
