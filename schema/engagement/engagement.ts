import { rankedBy } from "../../src/analytics/ranking.ts";
import type { Context } from "../../src/context.ts";
import type {
  ConversationUse,
  EngagementDimension,
  EngagementQuestion,
  EngagementFilter as Filter,
  OfficeSessions as OfficeSessionsShape,
  SessionUse,
} from "../../src/domain/engagement.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { isShownOf } from "../../src/domain/viewer.ts";
import { GatewayError } from "../../src/errors.ts";
import { countedRange, overCounted } from "../../src/loaders/activity-days.ts";
import type { LookupOptions } from "../../src/planning/plan.ts";
import { isRelative, type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import type { FilterNames, FilterValues } from "../../src/upstream/endpoints/engagement-query.ts";
import { mapPages, walkOf, whole } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { type FieldRequests, requestsByKey, requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { type Connection, connect, connectRanking, forward, type Slice } from "../framework/connection.ts";
import {
  countedBy,
  formatMeasuredId,
  isShortened,
  parseMeasuredId,
  rangeOfMeasured,
  shortened,
} from "../framework/measured-id.ts";
import type { Order } from "../framework/order.ts";
import { COUNTED_DAYS, DateRange } from "../framework/range.ts";
import { distinct } from "./activity.ts";
import { type FilterInput, filterOf } from "./filter.ts";
import type { Rows } from "./use.ts";

export const OfficeSessions = builder.objectRef<OfficeSessionsShape>("OfficeSessions").implement({
  description: "Sessions of the Office agent, per application.",
  fields: (t) => ({
    excel: t.expose("excel", distinct("Sessions in Excel.")),
    outlook: t.expose("outlook", distinct("Sessions in Outlook.")),
    powerpoint: t.expose("powerpoint", distinct("Sessions in PowerPoint.")),
    word: t.expose("word", distinct("Sessions in Word.")),
  }),
});

/** The types that say where a skill or a connector took part; each noun has its own, so that they can grow apart. */
export function useTypes(noun: "Skill" | "Connector", tookPart: string) {
  const sessions = (name: string, product: string) =>
    builder.objectRef<SessionUse>(`${noun}${name}`).implement({
      description: `Use of a ${noun.toLowerCase()} in ${product}.`,
      fields: (t) => ({ sessions: t.expose("sessions", distinct(`Sessions that ${tookPart} it.`)) }),
    });
  return {
    Chat: builder.objectRef<ConversationUse>(`${noun}Chat`).implement({
      description: `Use of a ${noun.toLowerCase()} in chat.`,
      fields: (t) => ({
        conversations: t.expose("conversations", distinct(`Conversations that ${tookPart} it.`)),
      }),
    }),
    Code: sessions("Code", "Claude Code"),
    Cowork: sessions("Cowork", "Cowork"),
    ChatCowork: builder.objectRef<ConversationUse & SessionUse>(`${noun}ChatCowork`).implement({
      description: `Use of a ${noun.toLowerCase()} in the merged Chat and Cowork product, which counts neither as chat nor as Cowork.`,
      fields: (t) => ({
        conversations: t.expose("conversations", distinct(`Conversations that ${tookPart} it.`)),
        sessions: t.expose("sessions", distinct(`Sessions that ${tookPart} it.`)),
      }),
    }),
  };
}

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

/** A thing as it was used over a range, as far as a filter lets through; its fields that are people inherit the range. */
export type Measured<Row> = Row & { readonly range: DayRange; readonly filter: Filter };

/** A question to a list of people or of things used. */
export interface EngagementArgs<Node> extends Slice {
  readonly range: RangeInput;
  readonly filter?: Filter;
  readonly order?: Order<Node> | undefined;
}

/** What upstream is asked about a list over some days. */
function questionsOver<Row, Node>(
  ctx: Context,
  endpoint: Endpoint<EngagementQuestion, Row>,
  range: DayRange,
  { filter = {}, order }: EngagementArgs<Node>,
) {
  const descending = order?.measure === null;
  const { pieces } = windowsOf(endpoint, range, ctx.now());
  return pieces.map((piece) => ({ range: piece, filter, descending }));
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
 * One row per thing for the whole range, in the order of its own column or ranked by a measure. A range relative to now ends with the
 * newest day that upstream has aggregated.
 */
export function engagement<Row, Node>(
  ctx: Context,
  endpoint: Endpoint<EngagementQuestion, Row>,
  field: string,
  args: EngagementArgs<Node>,
  nodeOf: (row: Row, range: DayRange, filter: Filter) => Node | null,
  idOf: (node: Node) => string,
): Promise<Connection<Node>> {
  const { range: asked, filter = {}, order, first, after } = args;
  const slice = { first, after };
  const list = (range: DayRange) => {
    const questions = questionsOver(ctx, endpoint, range, args);
    const walk = mapPages(walkOf(ctx.upstream, endpoint, questions), ({ rows }) =>
      rows.map((row) => nodeOf(row, range, filter)).filter((node) => node !== null),
    );
    const question = { field, range, dataset: endpoint.dataset, ...particulars(filter, order) };
    const measure = order?.measure ?? null;
    if (measure === null) return connect(ctx, slice, question, walk, idOf);
    return connectRanking(ctx, slice, question, async () => {
      const { rows, sources } = await whole(walk);
      return { ranked: rankedBy(rows, measure, idOf, order?.descending), sources };
    });
  };
  return overCounted(endpoint, resolveRange(asked, ctx.now()), isRelative(asked), ctx, list);
}

/** What sets a question apart from the plain one over its range, whose cursors stay what they were before it could be asked. */
function particulars<Node>(filter: Filter, order: Order<Node> | undefined): { args?: unknown } {
  if (Object.keys(filter).length === 0 && order === undefined) return {};
  return { args: { filter, order: order && [order.field, order.descending] } };
}

export function measured<Row>(row: Row, range: DayRange, filter: Filter): Measured<Row> {
  return { ...row, range, filter };
}

export function measuredId(ctx: Context, { range, filter }: Measured<unknown>, own: string) {
  return formatMeasuredId(ctx, { own, range, terms: { filter } });
}

/** How many different people used it. */
export interface UsedBy {
  readonly users: number;
}

/** How one kind of thing that was used is listed, filtered and told apart. */
export interface MeasuredKind<Row extends UsedBy> {
  readonly field: "skills" | "connectors" | "plugins" | "projects";
  readonly endpoint: Endpoint<EngagementQuestion, Row>;
  readonly filters: FilterNames;
  readonly filterValues?: FilterValues;
  /** The filters that only choose which things are listed. */
  readonly choosing: readonly EngagementDimension[];
  readonly ownOf: (row: Row) => string;
  readonly rows: Rows<Row>;
}

/** The things of one kind that were used over a range, as far as the filter a client states lets through. */
export function listMeasured<Row extends UsedBy>(
  ctx: Context,
  { field, endpoint, filters, filterValues, choosing, ownOf }: MeasuredKind<Row>,
  { filter: stated, ...asked }: ListArgs<Row>,
): Promise<Connection<Measured<Row>>> {
  const filter = filterOf(ctx, field, filters, stated, filterValues);
  const shown = (row: Row, range: DayRange) =>
    isShownOf(ctx.viewer, row.users) ? measured(row, range, countedBy(filter, choosing)) : null;
  return engagement(ctx, endpoint, field, { ...asked, filter }, shown, ownOf);
}

/** Plans the requests of the list that `listMeasured` answers. */
export function measuredRequests<Row extends UsedBy>(
  ctx: Context,
  { field, endpoint, filters, filterValues }: MeasuredKind<Row>,
  { filter: stated, ...asked }: ListArgs<Row>,
): FieldRequests {
  return engagementRequests(ctx, endpoint, {
    ...asked,
    filter: filterOf(ctx, field, filters, stated, filterValues),
  });
}

/** The look-up of a thing that an id names. */
export function measuredLookup<Row extends UsedBy>({ endpoint }: MeasuredKind<Row>): LookupOptions {
  return { requests: (id) => requestsByKey(endpoint, [rangeOfMeasured(id)]), range: rangeOfMeasured };
}

export type ListArgs<Row> = Omit<EngagementArgs<Measured<Row>>, "filter"> & {
  readonly filter?: FilterInput | null | undefined;
};

/** The thing a measured id names; all that one operation finds are looked up together. */
export async function loadMeasured<Row extends UsedBy>(
  ctx: Context,
  { endpoint, filters, ownOf, rows }: MeasuredKind<Row>,
  id: string,
): Promise<Measured<Row>> {
  const { range, own, terms } = await parseMeasuredId(ctx, id, ["filter"]);
  const filter = filterOf(ctx, "node", filters, terms.filter);
  const found = isShortened(own)
    ? await whole(
        walkOf(
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
