import type { Dataset } from "../../domain/dataset.ts";
import { Outage, type OutageSubject } from "../../errors.ts";
import { hintOf } from "./connection-hints.ts";
import type { HttpFailure } from "./http-failure.ts";

export interface OutagesOptions {
  /** Called with an Outage, once for each cause of one outage. */
  readonly onFault: (fault: unknown) => void;
  readonly onRecovery: (about: OutageSubject, seconds: number) => void;
}

interface OngoingOutage {
  readonly about: OutageSubject;
  readonly since: number;
  failedAt: number;
  readonly codes: Set<string>;
}

/** An outage is over when upstream answers and nothing has failed for so long: a line for each of a thousand resets says no more. */
const QUIET_MS = 30_000;

/** Of connections, which fail for all datasets alike. */
const ALL = "all";

/** Reports to the operator what keeps upstream from answering: one line when it begins, for each cause, and one when it is over. */
export class Outages {
  readonly #options: OutagesOptions;
  readonly #now: () => number;
  readonly #ongoing = new Map<Dataset | typeof ALL, OngoingOutage>();

  constructor(options: OutagesOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  failed(dataset: Dataset, failure: HttpFailure): void {
    const { code, host, proxy } = failure;
    const about = { dataset, host, ...(proxy === null ? {} : { proxy }) };
    const at = this.#now();
    const key = failure.kind === "network" ? ALL : dataset;
    const outage: OngoingOutage = this.#ongoing.get(key) ?? {
      about,
      since: at,
      failedAt: at,
      codes: new Set(),
    };
    outage.failedAt = at;
    this.#ongoing.set(key, outage);
    if (outage.codes.has(code)) return;
    outage.codes.add(code);
    this.#options.onFault(new Outage(sentenceOf(failure), code, about));
  }

  answered(dataset: Dataset): void {
    if (this.#ongoing.size === 0) return;
    for (const key of [ALL, dataset] as const) {
      const outage = this.#ongoing.get(key);
      if (outage === undefined || this.#now() < outage.failedAt + QUIET_MS) continue;
      this.#ongoing.delete(key);
      this.#options.onRecovery(outage.about, Math.round((outage.failedAt - outage.since) / 1_000));
    }
  }
}

function sentenceOf({ kind, code, status }: HttpFailure): string {
  if (status === 401) return "upstream rejects the key of this dataset: it is wrong, revoked or expired";
  const hint = hintOf(code);
  const what = {
    network: "upstream cannot be reached",
    timeout: "upstream does not answer within UPSTREAM_TIMEOUT",
    body: "upstream returns a body that is not complete JSON, as a proxy or a portal can",
    status: "upstream fails",
    oversize: "upstream returns more than the gateway reads",
    resting: "upstream fails repeatedly",
  }[kind];
  return hint === null ? what : `${what}: ${hint}`;
}
