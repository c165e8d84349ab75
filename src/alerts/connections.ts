import type { Dispatcher } from "undici";
import { dispatcherTo, type Proxies } from "../proxies.ts";

/** Connections to the hosts of webhooks, which are made when they are first needed. */
export class WebhookConnections {
  readonly #proxies: Proxies;
  readonly #byOrigin = new Map<string, Dispatcher>();

  constructor(proxies: Proxies) {
    this.#proxies = proxies;
  }

  to(url: URL): Dispatcher {
    return this.#byOrigin.getOrInsertComputed(url.origin, () => dispatcherTo(url, this.#proxies));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byOrigin.values()].map((each) => each.destroy()));
  }
}
