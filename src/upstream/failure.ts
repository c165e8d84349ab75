import { addDays, daysBetween, parseDay } from "../domain/day.ts";
import type { ErrorDetails } from "../errors.ts";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { HttpFailure } from "./http.ts";
import { WireError } from "./wire.ts";

/** The error a client sees for a failed upstream request. Upstream's own words stay in the cause. */
export function failureOf<P, Row>(
  fault: unknown,
  endpoint: Endpoint<P, Row>,
  params: P,
  token: string | null,
): unknown {
  const { dataset } = endpoint;
  if (fault instanceof WireError) {
    return new GatewayError(
      "UPSTREAM_SHAPE",
      `${dataset} answered with something its contract does not allow (${fault.message}).`,
      { dataset },
      fault,
    );
  }
  if (!(fault instanceof HttpFailure)) return fault;
  const details: ErrorDetails = {
    dataset,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    ...(fault.requestId === undefined ? {} : { requestId: fault.requestId }),
  };
  if (fault.status === 404 && typeof endpoint.path === "function") {
    return new GatewayError("NOT_FOUND", `${dataset} knows nothing of this id any more.`, details, fault);
  }
  switch (fault.status) {
    case undefined:
      return fault.kind === "body"
        ? new GatewayError(
            "UPSTREAM_SHAPE",
            `${dataset} answered with a body that is not whole JSON; nothing was taken from it.`,
            details,
            fault,
          )
        : new GatewayError(
            "UPSTREAM_UNAVAILABLE",
            `${dataset} ${WHAT_HAPPENED[fault.kind]}; ask again later.`,
            details,
            fault,
          );
    case 401:
    case 403:
    case 404:
      return new GatewayError(
        "UPSTREAM_AUTH",
        `The upstream refused the gateway's key for ${dataset} (status ${fault.status}); its operator can check the key and its scopes.`,
        details,
        fault,
      );
    case 429: {
      const retryAfter = fault.retryAfter || DEFAULT_RETRY_AFTER;
      return new GatewayError(
        "UPSTREAM_RATE_LIMITED",
        `The organization's upstream requests for ${dataset} are used up; ask again in ${retryAfter} seconds.`,
        { ...details, retryAfter },
        fault,
      );
    }
    case 400:
    case 410:
      return (
        notEntitled(fault, dataset, details) ??
        notYetAvailable(fault, endpoint, params, details) ??
        new RefusedRequest(dataset, token, details, fault)
      );
    case 408:
      return unavailable(fault, dataset, details);
    default:
      return fault.status >= 400 && fault.status < 500
        ? new RefusedRequest(dataset, null, details, fault)
        : unavailable(fault, dataset, details);
  }
}

function unavailable(fault: HttpFailure, dataset: string, details: ErrorDetails): GatewayError {
  const { status, retryAfter } = fault;
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    `${dataset} failed upstream (status ${status}); ask again ${retryAfter ? `in ${retryAfter} seconds` : "later"}.`,
    retryAfter ? { ...details, retryAfter } : details,
    fault,
  );
}

const WHAT_HAPPENED = {
  network: "could not be reached",
  timeout: "did not answer in time",
  oversize: "answered with more than the gateway reads",
  status: "failed",
  body: "failed",
} as const;

/** Seconds after which a minute's allowance has surely come back. */
const DEFAULT_RETRY_AFTER = 60;

class RefusedRequest extends GatewayError {
  readonly token: string | null;

  constructor(dataset: string, token: string | null, details: ErrorDetails, cause: HttpFailure) {
    super(
      "UPSTREAM_REFUSED",
      `The upstream refused the request for ${dataset} (status ${cause.status}); ask for other days or with other arguments.`,
      details,
      cause,
    );
    this.token = token;
  }
}

/** Upstream did not accept the page token it was sent: the data behind it was refreshed, or it was never one of its own. */
export function refusedToken(fault: unknown): boolean {
  return fault instanceof RefusedRequest && fault.token !== null;
}

function notEntitled(fault: HttpFailure, dataset: string, details: ErrorDetails): GatewayError | null {
  if (fault.errorCode !== "organization_not_enrolled_in_beta") return null;
  return new GatewayError(
    "NOT_ENTITLED",
    `The organization is not enrolled in the beta that ${dataset} is part of; ask \`source: ENTERPRISE\` or \`CONSOLE\`, or split by fewer dimensions.`,
    details,
    fault,
  );
}

/** Engagement answers a day it does not have yet with a 400 whose message names the newest one it has. */
function notYetAvailable<P, Row>(
  fault: HttpFailure,
  endpoint: Endpoint<P, Row>,
  params: P,
  details: ErrorDetails,
): GatewayError | null {
  const range = endpoint.covers(params);
  if (fault.status !== 400 || range === null || endpoint.coverage?.today !== false) return null;
  const lastAsked = addDays(range.until, -1);
  const named = (fault.upstreamMessage.match(/\d{4}-\d{2}-\d{2}/g) ?? []).map(parseDay);
  const newest = named
    .filter((day) => day !== null && day < lastAsked && daysBetween(day, lastAsked) < 14)
    .at(-1);
  if (newest === undefined) return null;
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `${endpoint.dataset} has no figures for ${lastAsked} yet; the newest day is ${newest}.`,
    details,
    fault,
  );
}
