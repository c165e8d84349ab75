import type { Context } from "../../src/context.ts";
import type {
  EngagementDimension,
  EngagementQuestion,
  EngagementFilterValues as Filter,
} from "../../src/domain/engagement.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { GatewayError } from "../../src/errors.ts";
import type { RowsOf } from "../../src/loaders/engagement-rows.ts";
import type { LookupOptions } from "../../src/planning/plan.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { collect, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { type FieldRequests, requestsByKey } from "../../src/upstream/plan.ts";
import type { Connection } from "../framework/connection.ts";
import {
  countedBy,
  formatMeasuredId,
  isShortened,
  parseMeasuredId,
  rangeOfMeasured,
  shortened,
} from "../framework/measured-id.ts";
import { type EngagementFilterInput, engagementFilterOf } from "./filter.ts";
import { type EngagementArgs, engagement, engagementRequests, questionsOver } from "./list.ts";

/** A thing as it was used over a range, as far as a filter lets through; its fields that are people inherit the range. */
export type MeasuredRow<Row> = Row & { readonly range: DayRange; readonly filter: Filter };

/** Rows by key, and the endpoint that they are asked of. */
export interface Rows<Row> {
  (
    ctx: Context,
    scope: { readonly range: DayRange; readonly filter: Filter },
  ): { load(key: string): Promise<RowsOf<Row> | null> };
  readonly endpoint: Endpoint<never, Row>;
}

/** How descriptions speak of a noun. */
export interface Wording {
  /** The name of its type; other types and inputs begin with it. */
  readonly noun: "Skill" | "Connector" | "Plugin" | "Project";
  /** As in "The use of a skill". */
  readonly called: string;
  /** The verb for its use, as in "Different people who activated it". */
  readonly verb: string;
}

/** How many different people used it. */
export interface UsedBy {
  readonly users: number;
}

/** Declares how one kind of thing is listed, filtered and identified. */
export interface MeasuredKind<Row extends UsedBy> {
  readonly field: "skills" | "connectors" | "plugins" | "projects";
  readonly endpoint: Endpoint<EngagementQuestion, Row>;
  /** The filters that only choose which things are listed. */
  readonly choosing: readonly EngagementDimension[];
  readonly ownOf: (row: Row) => string;
  readonly rows: Rows<Row>;
}

export type ListArgs<Row> = Omit<EngagementArgs<MeasuredRow<Row>>, "filter"> & {
  readonly filter?: EngagementFilterInput | null | undefined;
};

export function measured<Row>(row: Row, range: DayRange, filter: Filter): MeasuredRow<Row> {
  return { ...row, range, filter };
}

export function measuredId(ctx: Context, { range, filter }: MeasuredRow<unknown>, own: string) {
  return formatMeasuredId(ctx, { own, range, terms: { filter } });
}

/** The things of one kind that were used over a range, as far as the filter a client states lets through. */
export function listMeasured<Row extends UsedBy>(
  ctx: Context,
  { field, endpoint, choosing, ownOf }: MeasuredKind<Row>,
  { filter: stated, ...requested }: ListArgs<Row>,
): Promise<Connection<MeasuredRow<Row>>> {
  const filter = engagementFilterOf(ctx, field, endpoint, stated);
  const shown = (row: Row, range: DayRange) =>
    isShownOf(ctx.viewer, row.users) ? measured(row, range, countedBy(filter, choosing)) : null;
  return engagement(ctx, endpoint, field, { ...requested, filter }, shown, ownOf);
}

/** Plans the requests of the list that `listMeasured` answers. */
export function measuredRequests<Row extends UsedBy>(
  ctx: Context,
  { field, endpoint }: MeasuredKind<Row>,
  { filter: stated, ...requested }: ListArgs<Row>,
): FieldRequests {
  return engagementRequests(ctx, endpoint, {
    ...requested,
    filter: engagementFilterOf(ctx, field, endpoint, stated),
  });
}

/** The look-up of a thing that an id names. */
export function measuredLookup<Row extends UsedBy>({ endpoint }: MeasuredKind<Row>): LookupOptions {
  return { requests: (id) => requestsByKey(endpoint, [rangeOfMeasured(id)]), range: rangeOfMeasured };
}

/** The thing a measured id names; all that one operation finds are looked up together. */
export async function loadMeasured<Row extends UsedBy>(
  ctx: Context,
  { endpoint, ownOf, rows }: MeasuredKind<Row>,
  id: string,
): Promise<MeasuredRow<Row>> {
  const { range, own, terms } = await parseMeasuredId(ctx, id, ["filter"]);
  const filter = engagementFilterOf(ctx, "node", endpoint, terms.filter);
  const found = isShortened(own)
    ? await collect(
        pagesOf(
          ctx.upstream,
          endpoint,
          questionsOver(ctx, endpoint, range, { range: { between: range }, filter }),
        ),
      )
    : await rows(ctx, { range, filter }).load(own);
  const row = found?.rows.find((each) => shortened(ownOf(each)) === own);
  if (row === undefined || !isShownOf(ctx.viewer, row.users))
    throw new GatewayError(
      "NOT_FOUND",
      `Nothing with this id was used from ${range.from} until ${range.until}.`,
      { dataset: endpoint.dataset },
    );
  return measured(row, range, filter);
}
