import type { Dataset } from "../../domain/dataset.ts";
import { Outage, type OutageSubject } from "../../errors.ts";
import type { HttpFailure } from "./get.ts";

export interface OutagesOptions {
  /** Called with an Outage, once for each cause of one outage. */
  readonly onFault: (fault: unknown) => void;
  readonly onRecovery: (about: OutageSubject, seconds: number) => void;
}

interface Standing {
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
  readonly #standing = new Map<Dataset | typeof ALL, Standing>();

  constructor(options: OutagesOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  failed(dataset: Dataset, failure: HttpFailure): void {
    const { code, host, proxy } = failure;
    const about = { dataset, host, ...(proxy === null ? {} : { proxy }) };
    const at = this.#now();
    const key = failure.kind === "network" ? ALL : dataset;
    const outage: Standing = this.#standing.get(key) ?? {
      about,
      since: at,
      failedAt: at,
      codes: new Set(),
    };
    outage.failedAt = at;
    this.#standing.set(key, outage);
    if (outage.codes.has(code)) return;
    outage.codes.add(code);
    this.#options.onFault(new Outage(sentenceOf(failure), code, about));
  }

  answered(dataset: Dataset): void {
    if (this.#standing.size === 0) return;
    for (const key of [ALL, dataset] as const) {
      const outage = this.#standing.get(key);
      if (outage === undefined || this.#now() < outage.failedAt + QUIET_MS) continue;
      this.#standing.delete(key);
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

/** What an operator can make of the code of a failed connection; null where the code says it all. */
export function hintOf(code: string): string | null {
  return Object.hasOwn(HINTS, code) ? (HINTS[code] ?? null) : null;
}

const UNTRUSTED =
  "Node does not trust the authority of its certificate; NODE_EXTRA_CA_CERTS names a file with further authorities";
const SLOW = "no connection in time; a company network may need HTTPS_PROXY";
const CUT = "the connection was cut";

const HINTS: Readonly<Record<string, string>> = {
  PROXY_407: "the proxy requires a name and password, or other ones; the URL of the proxy can hold them",
  PROXY_403: "the proxy does not allow the gateway to reach this host",
  UND_ERR_PRX_CONN: "the proxy cut the connection",
  UND_ERR_PRX_TLS: "the certificate of the proxy is for another name",
  ENOTFOUND: "no host has this name",
  EAI_AGAIN: "names cannot be looked up now",
  ECONNREFUSED: "no server listens there",
  ECONNRESET: CUT,
  UND_ERR_SOCKET: CUT,
  ENETUNREACH: "no network route leads there",
  EHOSTUNREACH: "no network route leads there",
  ETIMEDOUT: SLOW,
  UND_ERR_CONNECT_TIMEOUT: SLOW,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; the clock of this machine may be wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS at this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS at this port",
};
