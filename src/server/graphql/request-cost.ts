import type { ExecutionResult } from "graphql";
import type { Plugin, YogaInitialContext } from "graphql-yoga";
import { organizationOfKey } from "../../analytics/organizations.ts";
import type { Context } from "../../context.ts";
import { organizationName } from "../../domain/organization.ts";
import {
  type Estimate,
  type EstimatedField,
  estimate,
  refuseTooExpensive,
  requestsAtLeast,
} from "../../planning/estimate.ts";
import { operationOf } from "../../planning/operation.ts";
import { requestsOf } from "../../planning/requests.ts";
import { rowsOf } from "../../planning/rows.ts";
import type { RequestLimits } from "../../settings/limits.ts";
import type { RequestHead } from "../http/exchange.ts";
import type { Callers } from "../limits/callers.ts";
import { keepWithin } from "../limits/exceeded.ts";
import { clientError } from "./translate-errors.ts";

export interface CostOptions {
  readonly limits: RequestLimits;
  readonly callers: Callers;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Knows the cost of an operation before it runs. Rejects one that requests more rows than allowed, or that needs more upstream
 * requests than it may begin or than are left of its caller's share. Answers with the plan instead of the figures for `?explain`
 * or the header `explain`. All of it depends on variables, so none of it is validation: Yoga keeps the result of that by
 * document.
 */
export function boundCost({ limits, callers, onFault }: CostOptions): Plugin<Context> {
  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const ctx = args.contextValue as Context & YogaInitialContext;
      const { upstream } = ctx;
      try {
        const operation = operationOf(args);
        if (operation === null) return;
        if ("faults" in operation) return setResultAndStopExecution({ errors: operation.faults });
        keepWithin(limits, { MAX_ROWS: rowsOf(operation) });
        const fields = requestsOf(operation);
        const isExplained = wantsPlan(ctx.request);
        const isSure = !isExplained && requestsAtLeast(fields) <= upstream.maxRequests;
        const plan = isSure ? null : await estimate(upstream, fields);
        if (plan !== null) refuseTooExpensive(plan, upstream.maxRequests);
        if (plan !== null && isExplained) return setResultAndStopExecution(await explained(ctx, plan));
        // Fields that refuse themselves have what the others leave.
        upstream.claim(plan?.others ?? requestsAtLeast(fields.filter(({ refusesItself }) => !refusesItself)));
        const settle = await callers.hold(upstream.caller, upstream, fields);
        return { onExecuteDone: () => settle(upstream.usage.requests) };
      } catch (fault) {
        setResultAndStopExecution({ errors: [clientError(fault, onFault)] });
      }
    },
  };
}

/** True if a request asks for the plan instead of the figures. */
export function wantsPlan({ url, headers }: RequestHead): boolean {
  return (
    headers.has("explain") ||
    (url.includes("explain") && URL.parse(url)?.searchParams.has("explain") === true)
  );
}

/** The plan as an answer: nothing was run, so there is no data. */
async function explained(
  { upstream }: Context,
  { fields, others: _, ...counts }: Estimate,
): Promise<ExecutionResult> {
  const kindOf = ({ subject }: EstimatedField["endpoint"]) => (subject === "live" ? "look-ups" : "figures");
  const ownerOf = ({ key }: EstimatedField["endpoint"]) => organizationName(organizationOfKey(key));
  const made = fields.filter(({ isRefused }) => !isRefused);
  const shares = Map.groupBy(made, ({ endpoint }) => `${ownerOf(endpoint)} ${kindOf(endpoint)}`);
  const allowances = await Promise.all(
    [...shares.values()].map(async (sharing) => {
      const { endpoint } = sharing[0] as EstimatedField;
      const requests = sharing.reduce((sum, each) => sum + each.requests, 0);
      const availability = await upstream.availability(endpoint, requests);
      return { of: kindOf(endpoint), organization: ownerOf(endpoint), requests, ...availability };
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
  return { data: null, extensions: { plan } };
}
