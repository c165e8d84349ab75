import type { ExecutionResult } from "graphql";
import type { Plugin, YogaInitialContext } from "graphql-yoga";
import { plannedFields } from "../../schema/walks.ts";
import { organizationOf } from "../analytics/datasets.ts";
import type { Context } from "../context.ts";
import {
  type Estimate,
  type EstimatedField,
  estimate,
  fewestWalks,
  refuseTooExpensive,
} from "../upstream/plan.ts";
import { clientError } from "./errors.ts";

/**
 * Knows what an operation costs before it is run: refuses one that needs more upstream requests than it may begin, and answers
 * with the plan instead of the figures where the request asks for that, by `?explain` or the header `explain`.
 */
export function boundCost(onFault: (fault: unknown) => void): Plugin<Context> {
  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const ctx = args.contextValue as Context & YogaInitialContext;
      const { upstream } = ctx;
      try {
        const fields = plannedFields(args);
        const isExplained = wantsPlan(ctx.request);
        if (!isExplained && fewestWalks(fields) <= upstream.maxRequests) return;
        const plan = await estimate(upstream, fields);
        refuseTooExpensive(plan, upstream.maxRequests);
        if (isExplained) setResultAndStopExecution(await explained(ctx, plan));
      } catch (fault) {
        setResultAndStopExecution({ errors: [clientError(fault, onFault)] });
      }
    },
  };
}

/** Whether a request asks for the plan instead of the figures. */
export function wantsPlan({ url, headers }: Request): boolean {
  return headers.has("explain") || URL.parse(url)?.searchParams.has("explain") === true;
}

/** The plan as an answer: nothing was run, so there is no data. */
async function explained({ upstream }: Context, { fields, ...counts }: Estimate): Promise<ExecutionResult> {
  const kindOf = ({ subject }: EstimatedField["endpoint"]) => (subject === "live" ? "look-ups" : "figures");
  const shares = Map.groupBy(fields, ({ endpoint }) => `${organizationOf(endpoint)} ${kindOf(endpoint)}`);
  const allowances = await Promise.all(
    [...shares.values()].map(async (sharing) => {
      const { endpoint } = sharing[0] as EstimatedField;
      const requests = sharing.reduce((sum, each) => sum + each.requests, 0);
      const outlook = await upstream.outlook(endpoint, requests);
      return { of: kindOf(endpoint), organization: organizationOf(endpoint), requests, ...outlook };
    }),
  );
  const plan = {
    ...counts,
    seconds: Math.max(0, ...allowances.map(({ waitMs }) => Math.ceil(waitMs / 1_000))),
    allowances: allowances.map(({ waitMs: _, ...allowance }) => allowance),
    fields: fields.map(({ path, endpoint, requests, readsAll, windows }) => ({
      field: path,
      dataset: endpoint.dataset,
      requests,
      readsAll,
      windows: windows.map(({ range, isKept }) => ({ ...range, isKept })),
    })),
  };
  return { data: null, extensions: { plan } };
}
