import pMap from "p-map";
import type { Context } from "../context.ts";
import { isOfDirectory } from "../domain/dataset.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import type { EndpointKey } from "../upstream/endpoint.ts";
import type { KeptPart, RequestPlan } from "../upstream/plan.ts";
import type { PlannedField } from "./requests.ts";

/** The least that an operation costs: lists can be longer than a page, and rows can lead to more. */
export interface Estimate {
  /** Requests for figures, and for look-ups. */
  readonly requests: number;
  readonly lookups: number;
  /** Requests made first that show which organization a key is of: one for each key, once. They count towards no bound. */
  readonly proofs: number;
  /** Windows that cost a request each or none: the rows that decide it are kept, and so these may be. */
  readonly unsure: number;
  /** The requests of fields that do not limit themselves, without the directory's. */
  readonly others: number;
  readonly fields: readonly EstimatedField[];
}

export interface EstimatedField {
  readonly path: string;
  readonly ctx: Context;
  readonly endpoint: EndpointKey;
  /** Requests it adds to those of the fields before it, and the plans they are of. */
  readonly requests: number;
  readonly names: readonly RequestName[];
  /** It makes no request, since these would be too many, and leaves the rest of the answer as it is. */
  readonly isRefused: boolean;
  readonly refusesItself: boolean;
  /** It needs all of its windows; a list stops with the one in which it has enough rows. */
  readonly readsAll: boolean;
  readonly windows: readonly EstimatedWindow[];
}

interface EstimatedWindow {
  readonly range: DayRange | null;
  /** Reading it costs no request; null where rows decide. */
  readonly isKept: boolean | null;
}

/** A request plan by its name, or by where in the operation it is made. */
export type RequestName = string;

/** The plans of an operation if nothing is kept, known without looking. Those of the directory serve all callers. */
export function namesOfRequests(fields: readonly PlannedField[]): ReadonlySet<RequestName> {
  return new Set(leastRequests(fields.filter(({ refusesItself }) => !refusesItself)).keys());
}

/** The requests of those plans. */
export function requestsAtLeast(fields: readonly PlannedField[]): number {
  return [...leastRequests(fields).values()].reduce((sum, requests) => sum + requests, 0);
}

function leastRequests(fields: readonly PlannedField[]): ReadonlyMap<RequestName, number> {
  const requests = new Map<RequestName, number>();
  for (const { path, ctx, plans, enough } of fields) {
    const [first] = plans;
    if (first === undefined || isOfDirectory(first.endpoint.dataset)) continue;
    const nameAt = (plan: RequestPlan, i: number) => nameOf(plan, path, i, ctx);
    if (enough !== null) requests.set(nameAt(first, 0), 1);
    else for (const [i, plan] of plans.entries()) requests.set(nameAt(plan, i), plan.requests ?? 1);
  }
  return requests;
}

/** Equal questions to two tenants are two requests. */
function nameOf({ name }: RequestPlan, path: string, i: number, { upstream }: Context): RequestName {
  const tenant = upstream.tenant.name;
  if (name === null) return `${path} ${i}`;
  return tenant === null ? name : `${tenant} ${name}`;
}

/** Windows that are looked up at once: each may be read from the shared store. */
const CONCURRENT_LOOKS = 16;

/** Looks up which of an operation's requests are kept, and so what it costs. Makes no upstream request. */
export async function estimate(maxRequests: number, fields: readonly PlannedField[]): Promise<Estimate> {
  const counted = new Set<string>();
  const estimated: EstimatedField[] = [];
  const unproven = new Set<string>();
  for (const { path, ctx, plans, enough, refusesItself = false } of fields) {
    const endpoint = plans[0]?.endpoint;
    const { upstream } = ctx;
    if (endpoint === undefined || !upstream.has(endpoint.key)) continue;
    if (await upstream.needsProof(endpoint)) unproven.add(`${upstream.tenant.name} ${endpoint.key}`);
    const above = estimated.findLast((field) => path.startsWith(`${field.path}.`));
    const mayBeKept = above?.windows.every(({ isKept }) => isKept !== false) ?? false;
    const looked = await pMap(plans, (plan) => plan.kept(upstream), { concurrency: CONCURRENT_LOOKS });
    const windows = plans.map(({ range, name }, i): EstimatedWindow => {
      const { rows = 0, isComplete = false } = looked[i] ?? {};
      if (name === null) return { range, isKept: isComplete || (mayBeKept ? null : false) };
      return { range, isKept: isComplete || (enough !== null && rows > enough) };
    });
    const read = enough === null ? plans.length : windowsRead(looked, enough);
    const names: RequestName[] = [];
    let requests = 0;
    for (const [i, plan] of plans.slice(0, read).entries()) {
      const name = nameOf(plan, path, i, ctx);
      if (windows[i]?.isKept !== false || counted.has(name)) continue;
      counted.add(name);
      names.push(name);
      requests += looked[i]?.requests ?? 1;
    }
    const readsAll = enough === null;
    estimated.push({
      path,
      ctx,
      endpoint,
      requests,
      names,
      isRefused: false,
      refusesItself,
      readsAll,
      windows,
    });
  }
  const others = requestsOf(
    estimated.filter(({ endpoint, refusesItself }) => !refusesItself && !isOfDirectory(endpoint.dataset)),
  );
  const decided = withRefusals(estimated, maxRequests - others);
  const made = decided.filter(({ isRefused }) => !isRefused);
  const lookups = requestsOf(made.filter(({ endpoint }) => endpoint.subject === "live"));
  return {
    requests: requestsOf(made) - lookups,
    lookups,
    proofs: unproven.size,
    unsure: made.flatMap(({ windows }) => windows).filter(({ isKept }) => isKept === null).length,
    others,
    fields: decided,
  };
}

function requestsOf(fields: readonly EstimatedField[]): number {
  return fields.reduce((sum, { requests }) => sum + requests, 0);
}

/** Fields that refuse themselves have what the others leave, in their order. */
function withRefusals(fields: readonly EstimatedField[], leftOver: number): readonly EstimatedField[] {
  let left = leftOver;
  return fields.map((field) => {
    if (!field.refusesItself || isOfDirectory(field.endpoint.dataset)) return field;
    const isRefused = field.requests > left;
    if (!isRefused) left -= field.requests;
    return { ...field, isRefused };
  });
}

/** The windows a list needs for so many rows and one to look at; the first that is not kept may be enough. */
function windowsRead(kept: readonly KeptPart[], enough: number): number {
  let rows = 0;
  const last = kept.findIndex((window) => {
    rows += window.rows;
    return rows > enough || !window.isComplete;
  });
  return last < 0 ? kept.length : last + 1;
}

/**
 * Refuses what needs more requests than one operation may begin, and names the nearest question that does not. Those of the
 * directory are not the operation's: they serve all callers for a day.
 */
export function refuseTooExpensive({ fields: all }: Estimate, most: number): void {
  const fields = all.filter(({ endpoint, isRefused }) => !isRefused && !isOfDirectory(endpoint.dataset));
  const needed = requestsOf(fields);
  if (needed <= most) return;
  const largest = fields.reduce((a, b) => (b.requests > a.requests ? b : a));
  const { dataset } = largest.endpoint;
  throw new GatewayError(
    "TOO_EXPENSIVE",
    `This needs at least ${needed} upstream requests and one operation may make ${most}; \`${largest.path}\` alone needs ${largest.requests} of ${dataset}. ${cheaper(largest, most - (needed - largest.requests))}`,
    { dataset, field: largest.path, requests: needed },
  );
}

/** The newest part of a field's days that the requests left for it can read. */
function cheaper({ windows, path }: EstimatedField, left: number): string {
  let requested = 0;
  const oldest = windows.toReversed().findIndex(({ isKept }) => {
    if (isKept === false) requested++;
    return requested > left;
  });
  const [from, until] = [windows.at(-oldest)?.range?.from, windows.at(-1)?.range?.until];
  return oldest < 1 || from === undefined || until === undefined
    ? `Query \`${path}\` in a separate operation, or query fewer fields of its kind.`
    : `It fits with \`range: { between: { from: "${from}", until: "${until}" } }\`.`;
}
