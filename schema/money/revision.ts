import { refuseFuture } from "../../src/analytics/recorded/as-of.ts";
import { type DayRevision, type RevisedPart, revisionsOf } from "../../src/analytics/recorded/revisions.ts";
import type { Source } from "../../src/analytics/report/report.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import { minusMoney } from "../../src/domain/money.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder, dateTime } from "../framework/builder.ts";
import { type Connection, connect, forward } from "../framework/connection.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { Money, Spend } from "../framework/money.ts";
import { ofOrganization, organizationArg } from "../framework/organization.ts";
import { DateRange } from "../framework/range.ts";
import { choiceOf, SourceEnum } from "./report-args.ts";

const RevisedPartType = builder.objectRef<RevisedPart>("RevisedPart").implement({
  description: "What a revision changed in the cost of one product and model.",
  fields: (t) => ({
    product: t.exposeString("product", { nullable: true, description: "Product. Null: not stated." }),
    model: t.exposeString("model", { nullable: true, description: "Model. Null: not stated." }),
    before: t.expose("before", {
      type: Spend,
      nullable: true,
      description: "Its cost of the day before the revision. Exact; additive over parts. Null: none.",
    }),
    after: t.expose("after", {
      type: Spend,
      nullable: true,
      description: "Its cost of the day after the revision. Exact; additive over parts. Null: none.",
    }),
  }),
});

const Revision = builder.objectRef<DayRevision>("Revision").implement({
  description:
    "A change of the cost of a UTC day that an earlier upstream export had covered whole. A day that is still counted grows, and is not revised.",
  fields: (t) => ({
    day: t.expose("day", { type: "Date", description: "The UTC day that was revised." }),
    observedAt: t.field({
      type: "DateTime",
      description: "When this gateway first saw the export. `cost(asOf:)` answers with `after` from then on.",
      resolve: ({ observedAt }) => dateTime(observedAt),
    }),
    refreshedAt: t.field({
      type: "DateTime",
      description: "Upstream's export that changed the day.",
      resolve: ({ watermark }) => dateTime(watermark),
    }),
    state: t.expose("state", { type: FinalityEnum, description: "How settled the day was in this export." }),
    before: t.expose("before", {
      type: Spend,
      description: "Cost of the day before the revision. Exact; additive over different days.",
    }),
    after: t.expose("after", {
      type: Spend,
      description: "Cost of the day after the revision. Exact; additive over different days.",
    }),
    netChange: t.field({
      type: Money,
      description: "`after.net` minus `before.net`. Exact; additive over revisions and days.",
      resolve: ({ before, after }) => minusMoney(after.net, before.net),
    }),
    parts: t.field({
      type: [RevisedPartType],
      description: "The products and models with another cost of the day; that of the others did not change.",
      resolve: ({ parts }) => [...parts],
    }),
  }),
});

/** A connection of revisions with the source that they are of; the type of connections has no room for it. */
interface RevisionAnswer extends Connection<DayRevision> {
  readonly source: Source;
}

const RevisionConnection = builder.connectionObject(
  {
    type: Revision,
    name: "RevisionConnection",
    description: "Revisions, by day and then in the order of upstream's exports.",
    fields: (t) => ({
      source: t.field({
        type: SourceEnum,
        description: "Reports of the organization that the revisions are of.",
        resolve: (answer) => (answer as object as RevisionAnswer).source,
      }),
    }),
  },
  { name: "RevisionEdge", description: "A revision and its cursor." },
);

const DATASETS: readonly Dataset[] = ["UNIFIED_ENTERPRISE_COST", "UNIFIED_CONSOLE_COST", "ENTERPRISE_COST"];

builder.queryField("revisions", (t) =>
  t.field({
    requires: ["spend:read"],
    type: RevisionConnection,
    nullable: true,
    description:
      "Days with a cost that upstream has revised, from what to what and when, as far as this gateway recorded it: by day, product and model, since it has a store that outlives it (CACHE_URL). Takes no upstream request. Errors: NOT_RECORDED, BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*.",
    sources: DATASETS,
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days that may have been revised." }),
      since: t.arg({
        type: "DateTime",
        description:
          "Only revisions that this gateway first saw after that instant. By default all that are recorded.",
      }),
      source: t.arg({
        type: SourceEnum,
        defaultValue: "AUTO",
        description: "Reports of the organization to read.",
      }),
      ...organizationArg,
      ...forward,
    },
    ...ofOrganization,
    resolve: async (_root, { range, since, ...args }, ctx): Promise<RevisionAnswer> => {
      const now = ctx.now();
      const after = since?.getTime() ?? null;
      if (after !== null) refuseFuture("since", after, now);
      const choice = choiceOf(ctx, args);
      const question = { range: resolveRange(range, now), since: after };
      const {
        dataset,
        range: covered,
        pages,
        source,
      } = await revisionsOf(ctx.upstream, choice, question, now);
      const list = { field: "revisions", range: covered, dataset, args: { since: after, source } };
      const idOf = ({ day, watermark }: DayRevision) => [day, watermark];
      return { ...(await connect(ctx, args, list, pages, idOf)), source };
    },
  }),
);
