import { type ExecutionResult, type GraphQLError, locatedError } from "graphql";
import { nameOf, organizationOfKey } from "../../analytics/organizations.ts";
import {
  type Estimate,
  type EstimatedField,
  estimate,
  refuseTooExpensive,
  requestsAtLeast,
} from "../../planning/estimate.ts";
import type { PlannedOperation } from "../../planning/operation.ts";
import { type PlannedField, requestsOf } from "../../planning/requests.ts";
import { rowsOf } from "../../planning/rows.ts";
import type { RequestLimits } from "../../settings/limits.ts";
import type { RequestHead } from "../http/exchange.ts";
import type { Callers } from "../limits/callers.ts";
import { keepWithin } from "../limits/exceeded.ts";

export interface CostOptions {
  readonly limits: RequestLimits;
  readonly callers: Callers;
  readonly isExplained: boolean;
}

/** An operation that may run, with its upstream requests, or the answer in its place. */
type Decision =
  | { readonly fields: readonly PlannedField[]; readonly settle: (requests: number) => void }
  | { readonly answer: ExecutionResult };

/**
 * Decides by the cost of an operation whether it runs. Rejects one that requests more rows than allowed, or that needs more upstream
 * requests than it may begin or than are left of its caller's share. Answers with the plan instead of the figures for `?explain`
 * or the header `explain`. The cost depends on variables, so it is not part of validation, which is done once for a document.
 */
export async function boundCost(
  operation: PlannedOperation,
  { limits, callers, isExplained }: CostOptions,
): Promise<Decision> {
  const { upstream } = operation.ctx;
  keepWithin(limits, { MAX_ROWS: rowsOf(operation) });
  const refused: GraphQLError[] = [];
  const fields = requestsOf(operation, ({ path, nodes }, fault) => {
    // Below the root an answer has an error for each object.
    if (!path.includes(".")) refused.push(locatedError(fault, nodes, [path]));
  });
  const atLeast = requestsAtLeast(fields);
  const isSure = !isExplained && atLeast <= upstream.maxRequests;
  const plan = isSure ? null : await estimate(upstream.maxRequests, fields);
  if (plan !== null) refuseTooExpensive(plan, upstream.maxRequests);
  if (plan !== null && isExplained) return { answer: await explained(plan, refused) };
  // Fields that refuse themselves have what the others leave.
  const others = fields.filter(({ refusesItself }) => !refusesItself);
  upstream.claim(plan?.others ?? (others.length === fields.length ? atLeast : requestsAtLeast(others)));
  return { fields, settle: await callers.hold(upstream, fields) };
}

/** True if a request asks for the plan instead of the figures. */
export function wantsPlan({ url, headers }: RequestHead): boolean {
  return (
    headers.has("explain") ||
    (url.includes("explain") && URL.parse(url)?.searchParams.has("explain") === true)
  );
}

/** The plan as an answer: nothing was run, so there is no data. A field that is refused has the error of the answer itself. */
async function explained(
  { fields, others: _, ...counts }: Estimate,
  refused: readonly GraphQLError[],
): Promise<ExecutionResult> {
  const kindOf = ({ subject, rateLimit }: EstimatedField["endpoint"]) =>
    rateLimit === "spendLimits" ? "spend limits" : subject === "live" ? "look-ups" : "figures";
  const ownerOf = ({ ctx, endpoint }: EstimatedField) => nameOf(ctx, organizationOfKey(endpoint.key));
  const made = fields.filter(({ isRefused }) => !isRefused);
  const shares = Map.groupBy(made, (field) => `${ownerOf(field)} ${kindOf(field.endpoint)}`);
  const allowances = await Promise.all(
    [...shares.values()].map(async (sharing) => {
      const field = sharing[0] as EstimatedField;
      const { endpoint } = field;
      const requests = sharing.reduce((sum, each) => sum + each.requests, 0);
      const availability = await field.ctx.upstream.availability(endpoint, requests);
      return { of: kindOf(endpoint), organization: ownerOf(field), requests, ...availability };
    }),
  );
  const plan = {
    ...counts,
    seconds: Math.max(0, ...allowances.map(({ waitMs }) => Math.ceil(waitMs / 1_000))),
    allowances: allowances.map(({ waitMs: _, ...allowance }) => allowance),
    fields: fields.map(({ path, endpoint, requests, isRefused, readsAll, windows }) => ({
      field: path,
      dataset: endpoint.dataset,
      requests,
      ...(isRefused ? { isRefused } : {}),
      readsAll,
      windows: windows.map(({ range, isKept }) => ({ ...range, isKept })),
    })),
  };
  return { ...(refused.length > 0 && { errors: refused }), data: null, extensions: { plan } };
}
