import type { Dispatcher } from "undici";
import type { AlertStore, DeliveryOutcome, LeasedDelivery } from "../cache/alert-store.ts";
import type { Alert } from "../domain/alert.ts";
import type { SpendBudget } from "../domain/budget.ts";
import type { Instant } from "../domain/day.ts";
import { causeCodeOf } from "../errors.ts";
import { backoff } from "../upstream/http/pace.ts";
import { retryAfterOf } from "../upstream/http/retry-after.ts";
import { budgetOf, type MessageOptions, messageBody } from "./message.ts";
import { LOG, type Webhook } from "./webhook.ts";

/** Answer of a receiver. */
type Reply =
  | { readonly status: number; readonly retryAfterMs: number }
  /** There was no answer; the code says why. */
  | { readonly code: string };

/** A failed delivery, for the log. */
export interface FailedDelivery {
  readonly alert: string;
  readonly webhook: string;
  /** Host and port; null for a webhook that is not in the file any more. */
  readonly host: string | null;
  /** The status, or why there was none. */
  readonly reason: string;
  readonly attempts: number;
  /** It is not tried again. */
  readonly isLast: boolean;
}

export interface AlertSenderOptions {
  readonly store: AlertStore;
  readonly webhooks: () => readonly Webhook[];
  readonly message: () => MessageOptions;
  /** Connections to the host of a webhook. */
  readonly dispatcherTo: (url: URL) => Dispatcher;
  readonly now: () => Instant;
  /** Writes an alert into the log, with the budget that it is about. */
  readonly onAlert: (alert: Alert, budget: SpendBudget | null) => void;
  readonly onFailure: (failure: FailedDelivery) => void;
}

/** How long one replica may take with a delivery before another one may repeat it. */
const LEASE_MS = 60_000;

/** Longest time for one request, connection and answer included. */
const REQUEST_MS = 10_000;

/** Deliveries that are attempted at once. */
const BATCH = 20;

/** Bytes of an answer that are read; the rest is not waited for. */
const MAX_ANSWER_BYTES = 16_384;

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** A delivery is given up so long after its alert was recorded. */
export const GIVE_UP_MS = 3 * 86_400_000;

/**
 * Delivers alerts to the log and to webhooks, each by one replica at a time. A receiver is sent every alert at least once, always under
 * the same id.
 */
export class AlertSender {
  readonly #options: AlertSenderOptions;

  constructor(options: AlertSenderOptions) {
    this.#options = options;
  }

  /** Attempts all deliveries that are due. Throws where the store of alerts cannot be used. */
  async send(stopping: AbortSignal): Promise<void> {
    const { store, now } = this.#options;
    while (!stopping.aborted) {
      const leased = await store.lease(now(), now() + LEASE_MS, BATCH);
      if (leased.length === 0) return;
      await Promise.all(leased.map((each) => this.#attempt(each, stopping)));
    }
  }

  async #attempt(delivery: LeasedDelivery, stopping: AbortSignal): Promise<void> {
    const { store, webhooks, message, onAlert, now } = this.#options;
    const { alert, target } = delivery;
    if (target === LOG) {
      onAlert(alert, budgetOf(alert, message().budgets));
      return store.settle(alert.id, target, { state: "DELIVERED", at: now() });
    }
    const webhook = webhooks().find(({ name }) => name === target) ?? null;
    const reply = webhook === null ? { code: "NOT_IN_FILE" } : await this.#post(webhook, alert, stopping);
    if (stopping.aborted && "code" in reply) return; // its lease ends soon
    await store.settle(alert.id, target, this.#outcome(delivery, webhook, reply));
  }

  #outcome(
    { alert, target, attempts }: LeasedDelivery,
    webhook: Webhook | null,
    reply: Reply,
  ): DeliveryOutcome {
    const at = this.#options.now();
    if ("status" in reply && reply.status >= 200 && reply.status < 300) return { state: "DELIVERED", at };
    const isGone = "status" in reply && reply.status === 410;
    const isLast = isGone || at - alert.recordedAt >= GIVE_UP_MS;
    this.#options.onFailure({
      alert: alert.id,
      webhook: target,
      host: webhook?.host ?? null,
      reason: "status" in reply ? String(reply.status) : reply.code,
      attempts: attempts + 1,
      isLast,
    });
    if (isLast) return { state: "FAILED", at };
    const pause = backoff(FIRST_PAUSE_MS, attempts + 1, LONGEST_PAUSE_MS);
    const asked = "status" in reply ? reply.retryAfterMs : 0;
    return {
      state: "PENDING",
      at,
      nextAt: Math.ceil(at + Math.max(pause, Math.min(asked, LONGEST_PAUSE_MS))),
    };
  }

  /** Sends one request. No redirect is followed: it would lead a signed message to a host that the operator has not named. */
  async #post(webhook: Webhook, alert: Alert, stopping: AbortSignal): Promise<Reply> {
    const { message, now, dispatcherTo } = this.#options;
    const body = messageBody(alert, webhook.format, message());
    const { url } = webhook;
    try {
      const {
        statusCode,
        headers,
        body: answer,
      } = await dispatcherTo(url).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "claude-analytics-gateway",
          ...webhook.headers(alert.id, Math.floor(now() / 1_000), body),
        },
        body,
        signal: AbortSignal.any([stopping, AbortSignal.timeout(REQUEST_MS)]),
      });
      await answer.dump({ limit: MAX_ANSWER_BYTES }).catch(() => {}); // the status has been read
      return { status: statusCode, retryAfterMs: (retryAfterOf(headers, now()) ?? 0) * 1_000 };
    } catch (fault) {
      return {
        code: fault instanceof Error && fault.name === "TimeoutError" ? "ETIMEDOUT" : causeCodeOf(fault),
      };
    }
  }
}
