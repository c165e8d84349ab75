import { rankedBy } from "../../src/analytics/ranking.ts";
import type { Context } from "../../src/context.ts";
import type { EngagementQuestion, EngagementFilterValues as Filter } from "../../src/domain/engagement.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { countedRange, overCounted } from "../../src/loaders/activity/counted-range.ts";
import { isRelative, type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { collect, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import {
  type Connection,
  connectNodes,
  connectRanking,
  forward,
  type Slice,
} from "../framework/connection.ts";
import type { NodeOrder } from "../framework/order.ts";
import { COUNTED_DAYS, DateRange } from "../framework/range.ts";

/** The arguments of a list of things used. */
export const engagementArgs = {
  ...builder.args((t) => ({
    range: t.field({
      type: DateRange,
      required: true,
      description: `UTC days, at most 366. ${COUNTED_DAYS}`,
    }),
  })),
  ...forward,
};

/** A question to a list of people or of things used. */
export interface EngagementArgs<Node> extends Slice {
  readonly range: RangeInput;
  readonly filter?: Filter;
  readonly order?: NodeOrder<Node> | undefined;
}

/** Parameters of the upstream requests for a list over some days. */
export function questionsOver<Row, Node>(
  ctx: Context,
  endpoint: Endpoint<EngagementQuestion, Row>,
  range: DayRange,
  { filter = {}, order }: EngagementArgs<Node>,
) {
  const descending = order?.measure === null;
  const { ranges } = windowsOf(endpoint, range, ctx.now());
  return ranges.map((window) => ({ range: window, filter, descending }));
}

/** Plans the requests of a list; a ranking makes all of them. */
export function engagementRequests<Row, Node>(
  ctx: Context,
  endpoint: Endpoint<EngagementQuestion, Row>,
  args: EngagementArgs<Node>,
): FieldRequests {
  const range = countedRange(endpoint, resolveRange(args.range, ctx.now()), isRelative(args.range), ctx);
  const questions = questionsOver(ctx, endpoint, range, args);
  return requestsFor(endpoint, questions, args.order?.measure ? null : rowsWanted(args));
}

/**
 * One row per thing for the whole range, in the order of upstream's column or ranked by a measure. A range relative to now ends
 * with the newest day that upstream has aggregated.
 */
export function engagement<Row, Node>(
  ctx: Context,
  endpoint: Endpoint<EngagementQuestion, Row>,
  field: string,
  args: EngagementArgs<Node>,
  nodeOf: (row: Row, range: DayRange, filter: Filter) => Node | null,
  idOf: (node: Node) => string,
): Promise<Connection<Node>> {
  const { range: requested, filter = {}, order, first, after } = args;
  const slice = { first, after };
  const list = (range: DayRange) => {
    const questions = questionsOver(ctx, endpoint, range, args);
    const run = pagesOf(ctx.upstream, endpoint, questions);
    const node = (row: Row) => nodeOf(row, range, filter);
    const question = { field, range, dataset: endpoint.dataset, ...particulars(filter, order) };
    const measure = order?.measure ?? null;
    if (measure === null) return connectNodes(ctx, slice, question, run, node, idOf);
    return connectRanking(ctx, slice, question, async () => {
      const { rows, sources } = await collect(run);
      const nodes = rows.map(node).filter((each) => each !== null);
      const ranked = await rankedBy(nodes, measure, idOf, ctx.upstream.turn, order?.descending);
      return { ranked, sources, nodeOf: (each: Node) => each };
    });
  };
  return overCounted(endpoint, resolveRange(requested, ctx.now()), isRelative(requested), ctx, list);
}

/** Arguments beyond the range. They are part of a cursor only where they are given, so cursors of the plain list stay valid. */
function particulars<Node>(filter: Filter, order: NodeOrder<Node> | undefined): { args?: unknown } {
  if (Object.keys(filter).length === 0 && order === undefined) return {};
  return { args: { filter, order: order && [order.field, order.descending] } };
}
