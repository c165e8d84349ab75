import { CLOSED_REASONS, type ClosedReason, type Dataset } from "../../domain/dataset.ts";
import { addDays, daysBetween, parseDay } from "../../domain/day.ts";
import type { ErrorCode, ErrorDetails } from "../../errors.ts";
import { GatewayError } from "../../errors.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY, VARIABLE_OF_KEY } from "../endpoint.ts";
import { HttpFailure } from "./get.ts";
import { hintOf } from "./outages.ts";
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
      `${dataset} returned an answer that breaks its contract (${fault.message}).`,
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
  if (fault.isBilling) return billing(fault, dataset, details);
  if (fault.status === 404 && typeof endpoint.path === "function") {
    return new GatewayError("NOT_FOUND", `${dataset} no longer has this id.`, details, fault);
  }
  switch (fault.status) {
    case undefined:
      return fault.kind === "body"
        ? new GatewayError(
            "UPSTREAM_SHAPE",
            `${dataset} returned a body that is not complete JSON; none of it was used.`,
            details,
            fault,
          )
        : unavailable(fault, `${dataset} ${whatHappened(fault)}`, details);
    case 401:
    case 403:
    case 404:
      return closed(endpoint, reasonOf(fault, endpoint), details, fault);
    case 429: {
      const retryAfter = fault.retryAfter || DEFAULT_RETRY_AFTER;
      return new GatewayError(
        "UPSTREAM_RATE_LIMITED",
        `The organization's upstream requests for ${dataset} are used up; retry in ${retryAfter} seconds.`,
        { ...details, retryAfter },
        fault,
      );
    }
    case 400:
    case 410:
      return named(REASONS, fault.errorCode) !== undefined
        ? closed(endpoint, reasonOf(fault, endpoint), details, fault)
        : (notYetAvailable(fault, endpoint, params, details) ?? badRequest(dataset, token, details, fault));
    case 408:
      return unavailable(fault, `${dataset} failed upstream (status ${fault.status})`, details);
    default:
      return fault.status >= 400 && fault.status < 500
        ? badRequest(dataset, null, details, fault)
        : unavailable(fault, `${dataset} failed upstream (status ${fault.status})`, details);
  }
}

/** By `error.details.error_code`: the reason a client can branch on, what it is, and who can lift it. */
const BILLING: Readonly<Record<string, readonly [reason: string, sentence: string]>> = {
  enforced_spend_limit_reached: [
    "ENFORCED_SPEND_LIMIT",
    "the organization has used up the monthly spend of its API tier; an admin of the organization can ask Anthropic for a higher tier, or wait for the next month",
  ],
  contract_spend_limit_reached: [
    "CONTRACT_SPEND_LIMIT",
    "the organization has reached the spend limit of its contract; its contact at Anthropic can raise it",
  ],
  linked_organization_spend_limit_reached: [
    "LINKED_ORGANIZATION_SPEND_LIMIT",
    "the linked organization has reached a spend limit that it set, or lacks credit; an admin of that organization can raise the limit or add credit",
  ],
  linked_organization_billing_unavailable: [
    "LINKED_ORGANIZATION_BILLING",
    "the linked organization cannot be billed; an admin of that organization can settle its billing",
  ],
};

const BILLING_PROBLEM = [
  "BILLING_PROBLEM",
  "the organization has a billing problem; an admin can settle it in the organization's billing settings",
] as const;

function billing(fault: HttpFailure, dataset: Dataset, details: ErrorDetails): GatewayError {
  const [reason, sentence] = named(BILLING, fault.errorCode) ?? BILLING_PROBLEM;
  return new GatewayError(
    "UPSTREAM_BILLING",
    `Upstream does not answer for ${dataset} (status ${fault.status}): ${sentence}. Retrying does not help until then.`,
    { ...details, reason },
    fault,
  );
}

/** The entry that upstream's code names, which can be any text. */
function named<T>(table: Readonly<Record<string, T>>, code: string | undefined): T | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
}

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

/** Seconds after which a minute's allowance has surely come back. */
const DEFAULT_RETRY_AFTER = 60;

/** Upstream understood the request and will not answer it. */
export class UpstreamRefusal extends GatewayError {
  readonly dataset: Dataset;
  readonly reason: ClosedReason;
  /** The page token it was sent. */
  readonly token: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    about: Pick<UpstreamRefusal, "dataset" | "reason" | "token">,
    details: ErrorDetails,
    cause?: unknown,
  ) {
    super(code, message, details, cause);
    this.dataset = about.dataset;
    this.reason = about.reason;
    this.token = about.token;
  }
}

function badRequest(
  dataset: Dataset,
  token: string | null,
  details: ErrorDetails,
  fault: HttpFailure,
): UpstreamRefusal {
  return new UpstreamRefusal(
    "UPSTREAM_REFUSED",
    `The upstream rejected the request for ${dataset} (status ${fault.status}); try other days or other arguments.`,
    { dataset, reason: "REFUSED", token },
    details,
    fault,
  );
}

/** The dataset as a whole is closed to the gateway, whatever is asked of it. */
function closed<P, Row>(
  { dataset, scope }: Endpoint<P, Row>,
  reason: ClosedReason,
  details: ErrorDetails,
  fault: HttpFailure,
): UpstreamRefusal {
  const needed = reason === "MISSING_SCOPE" && scope !== undefined ? { scope } : {};
  return new UpstreamRefusal(
    reason === "NOT_ENROLLED" ? "NOT_ENTITLED" : "UPSTREAM_AUTH",
    `Upstream does not give this gateway access to ${dataset} (status ${fault.status}): ${whyClosed(reason, scope)}`,
    { dataset, reason, token: null },
    { ...details, reason, ...needed },
    fault,
  );
}

/** The key belongs to the other kind of organization: nothing is read with it. */
export function foreignKey(dataset: Dataset, key: KeyFamily): UpstreamRefusal {
  return new UpstreamRefusal(
    "UPSTREAM_AUTH",
    `The gateway does not read ${dataset}: ${foreignKeyText(key)}`,
    { dataset, reason: "WRONG_ORGANIZATION", token: null },
    { dataset, reason: "WRONG_ORGANIZATION" satisfies ClosedReason },
  );
}

/** Names both variables, since the keys are often set for one another. */
export function foreignKeyText(key: KeyFamily): string {
  const other = key === "analytics" ? "admin" : "analytics";
  const kind = { ENTERPRISE: "an Enterprise", CONSOLE: "a Console" } as const;
  return `the key in ${VARIABLE_OF_KEY[key]} does not belong to ${kind[ORGANIZATION_OF_KEY[key]]} organization; the operator can set it as ${VARIABLE_OF_KEY[other]}.`;
}

/** What a client sees of an endpoint whose organization could not be proven. */
export function unproven<P, Row>(endpoint: Endpoint<P, Row>, fault: unknown): unknown {
  const { dataset, key, scope } = endpoint;
  if (!(fault instanceof GatewayError)) return fault;
  const details = { ...fault.details, dataset };
  if (!isRefusal(fault))
    return new GatewayError(
      fault.code,
      `The organization of ${dataset} is not verified yet: ${fault.message}`,
      details,
      fault,
    );
  if (fault.reason === "WRONG_ORGANIZATION") return foreignKey(dataset, key);
  const isCertain = fault.reason === "KEY_REFUSED" || fault.reason === "MISSING_SCOPE";
  const reason = isCertain ? fault.reason : "UNPROVEN_ORGANIZATION";
  return new UpstreamRefusal(
    "UPSTREAM_AUTH",
    `Upstream does not show which organization ${dataset} belongs to (${fault.dataset} answered status ${fault.details.status}): ${whyClosed(reason, scope)}`,
    { dataset, reason, token: null },
    { ...details, reason },
    fault,
  );
}

/** Why a dataset is closed, and what would open it. */
export function whyClosed(reason: ClosedReason, scope: string | undefined): string {
  return CLOSED_REASONS[reason].replace("{scope}", scope ?? "for it");
}

const REASONS: Readonly<Record<string, ClosedReason>> = {
  organization_not_enrolled_in_beta: "NOT_ENROLLED",
  organization_type_not_supported: "WRONG_ORGANIZATION",
};

/** Sources disagree on which status says what; where the body has no code, it is the most likely reason. */
function reasonOf<P, Row>({ status, errorCode }: HttpFailure, { scope }: Endpoint<P, Row>): ClosedReason {
  const reason = named(REASONS, errorCode);
  if (reason !== undefined) return reason;
  if (status === 401) return "KEY_REFUSED";
  return status === 403 && scope !== undefined ? "MISSING_SCOPE" : "NO_ACCESS";
}

/** Upstream did not accept the page token it was sent: the data behind it was refreshed, or it was never one of its own. */
export function refusedToken(fault: unknown): boolean {
  return fault instanceof UpstreamRefusal && fault.token !== null;
}

/** Upstream will not answer from this dataset at all, or not what it was asked; another source may. */
export function isRefusal(fault: unknown): fault is UpstreamRefusal {
  return fault instanceof UpstreamRefusal && fault.token === null;
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
  if (newest === undefined || newest === null) return null;
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `${endpoint.dataset} has no figures for ${lastAsked} yet; the newest day is ${newest}.`,
    { ...details, newestDay: newest },
    fault,
  );
}
