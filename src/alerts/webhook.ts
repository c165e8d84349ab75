import { createHmac } from "node:crypto";
import type { AlertEvent } from "../domain/alert.ts";

/** The name under which alerts are delivered to the log. */
export const LOG = "log";

/** How the body of a request is written. */
export const WEBHOOK_FORMATS = ["json", "slack"] as const;

export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

export interface WebhookOptions {
  readonly name: string;
  readonly format: WebhookFormat;
  readonly events: ReadonlySet<AlertEvent>;
  /** Can hold a secret in its path. */
  readonly url: URL;
  /** Keys of signatures; none: requests are not signed. */
  readonly keys: readonly Buffer[];
}

/** A receiver of alerts. Its URL and keys are private, so that no log or error can hold them. */
export class Webhook {
  readonly name: string;
  readonly format: WebhookFormat;
  readonly events: ReadonlySet<AlertEvent>;
  readonly #url: URL;
  readonly #keys: readonly Buffer[];

  constructor({ name, format, events, url, keys }: WebhookOptions) {
    this.name = name;
    this.format = format;
    this.events = events;
    this.#url = url;
    this.#keys = keys;
  }

  /** Host and port, for logs. */
  get host(): string {
    return this.#url.host;
  }

  /** Where requests go; never to be logged. */
  get url(): URL {
    return this.#url;
  }

  /**
   * Returns the headers of a request by the Standard Webhooks specification. The id is that of the alert in every attempt, so that a
   * receiver can leave out what it has seen. https://github.com/standard-webhooks/standard-webhooks
   */
  headers(id: string, atSeconds: number, body: string): Readonly<Record<string, string>> {
    const signed = `${id}.${atSeconds}.${body}`;
    const signatures = this.#keys.map(
      (key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
    );
    return {
      "webhook-id": id,
      "webhook-timestamp": String(atSeconds),
      ...(signatures.length > 0 && { "webhook-signature": signatures.join(" ") }),
    };
  }
}
