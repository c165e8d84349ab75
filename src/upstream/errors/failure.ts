import type { Dataset } from "../../domain/dataset.ts";
import { type ErrorDetails, GatewayError } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import { hintOf } from "../http/connection-hints.ts";
import { HttpFailure } from "../http/http-failure.ts";
import { WireError } from "../http/wire.ts";
import { billing } from "./billing.ts";
import { closedDataset, statedReason } from "./closed.ts";
import { notYetAvailable } from "./not-yet-available.ts";
import { UpstreamRefusal } from "./refusal.ts";

/** Returns the error a client sees for a failed upstream request. Upstream's own words stay in the cause. */
export function failureOf<P, Row>(
  fault: unknown,
  endpoint: Endpoint<P, Row>,
  params: P,
  token: string | null,
): unknown {
  const { dataset } = endpoint;
  if (fault instanceof WireError)
    return broken(dataset, `an answer that breaks its contract (${fault.message})`, { dataset }, fault);
  if (!(fault instanceof HttpFailure)) return fault;
  const details: ErrorDetails = {
    dataset,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    ...(fault.requestId === undefined ? {} : { requestId: fault.requestId }),
  };
  if (fault.isBilling) return billing(fault, dataset, details);
  switch (fault.status) {
    case undefined:
      return fault.kind === "body"
        ? broken(dataset, "a body that is not complete JSON; none of it was used", details, fault)
        : unavailable(fault, `${dataset} ${whatHappened(fault)}`, details);
    case 404:
      return typeof endpoint.path === "function"
        ? new GatewayError("NOT_FOUND", `${dataset} no longer has this id.`, details, fault)
        : closedDataset(fault, endpoint, params, details);
    case 401:
    case 403:
      return closedDataset(fault, endpoint, params, details);
    case 429:
      return rateLimited(fault, dataset, details);
    case 400:
    case 410:
      return statedReason(fault, endpoint, params) !== null
        ? closedDataset(fault, endpoint, params, details)
        : (notYetAvailable(fault, endpoint, params, details) ??
            badRequest({ endpoint, params }, token, details, fault));
    default:
      return fault.status !== 408 && fault.status >= 400 && fault.status < 500
        ? badRequest({ endpoint, params }, null, details, fault)
        : unavailable(fault, `${dataset} failed upstream (status ${fault.status})`, details);
  }
}

function broken(dataset: Dataset, what: string, details: ErrorDetails, fault: Error): GatewayError {
  return new GatewayError("UPSTREAM_SHAPE", `${dataset} returned ${what}.`, details, fault);
}

function rateLimited(fault: HttpFailure, dataset: Dataset, details: ErrorDetails): GatewayError {
  const retryAfter = fault.retryAfter || DEFAULT_RETRY_AFTER;
  return new GatewayError(
    "UPSTREAM_RATE_LIMITED",
    `The organization's upstream requests for ${dataset} are used up; retry in ${retryAfter} seconds.`,
    { ...details, retryAfter },
    fault,
  );
}

/** Seconds after which the requests of a minute are surely available again. */
const DEFAULT_RETRY_AFTER = 60;

function unavailable(fault: HttpFailure, what: string, details: ErrorDetails): GatewayError {
  const { retryAfter } = fault;
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    `${what}; retry ${retryAfter ? `in ${retryAfter} seconds` : "later"}.`,
    retryAfter ? { ...details, retryAfter } : details,
    fault,
  );
}

/** Why there is no answer, with the host and the code of the cause, which an operator can look for in the log. */
function whatHappened(fault: HttpFailure): string {
  const what = WHAT_HAPPENED[fault.kind];
  const cause = fault.kind === "resting" ? fault.cause : fault;
  if (!(cause instanceof HttpFailure) || cause.kind !== "network") return what;
  const hint = hintOf(cause.code);
  const way = cause.proxy === null ? "" : ` through the proxy ${cause.proxy}`;
  return `${what} at ${cause.host}${way} (${cause.code})${hint === null ? "" : `: ${hint}`}`;
}

const WHAT_HAPPENED = {
  network: "could not be reached",
  timeout: "did not answer in time",
  oversize: "returned more than the gateway reads",
  resting: "is paused for a moment, since it has failed repeatedly",
  status: "failed",
  body: "failed",
} as const;

function badRequest<P, Row>(
  { endpoint, params }: { readonly endpoint: Endpoint<P, Row>; readonly params: P },
  token: string | null,
  details: ErrorDetails,
  fault: HttpFailure,
): UpstreamRefusal {
  const { dataset, needsEnrolment, namesChildren } = endpoint;
  const perhaps = namesChildren?.(params) ? PERHAPS_CHILD : needsEnrolment ? PERHAPS_HIPAA : "";
  const hint = fault.entryIn(HINTS) ?? perhaps;
  return new UpstreamRefusal(
    "UPSTREAM_REFUSED",
    `The upstream rejected the request for ${dataset} (status ${fault.status}); try other days or other arguments. ${hint}`.trimEnd(),
    { dataset, reason: "REFUSED", token },
    details,
    fault,
  );
}

/** By `error.details.error_code`. */
const HINTS: Readonly<Record<string, string>> = {
  parent_organization_required:
    "Its key is not that of a parent organization; the operator can correct `isParent` in ORGANIZATIONS_FILE.",
};

/** Upstream states no code for this, and its words may change. */
const PERHAPS_HIPAA =
  "If it rejects every request, the organization may have HIPAA readiness, which closes this report; `source: LEGACY` answers most of its questions.";

const PERHAPS_CHILD =
  "It rejects every request that names a child with HIPAA readiness; the older reports of that child have its cost and usage.";
