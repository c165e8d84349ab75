import type { InputRef, ObjectFieldsShape } from "@pothos/core";
import { leftOutOf } from "../../src/analytics/children.ts";
import { hasKeyOf, organizationOfKind } from "../../src/analytics/organizations.ts";
import type { Report } from "../../src/analytics/report/report.ts";
import type { Context } from "../../src/context.ts";
import type { Instant } from "../../src/domain/day.ts";
import type { DayRange } from "../../src/domain/range.ts";
import type { Dimension } from "../../src/domain/report.ts";
import type { KeyedAnswers } from "../../src/loaders/loader.ts";
import { TEAM_SOURCES } from "../../src/loaders/teams.ts";
import type { Requires } from "../../src/planning/plan.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { COMPARED, type Compared, comparedRow } from "../framework/change.ts";
import { forward } from "../framework/connection.ts";
import { enterpriseArg, ofOrganization } from "../framework/organization.ts";
import { type Measures, SeriesRow, seriesOrder } from "../framework/series.ts";
import { personFigures, personOver } from "../people/user.ts";
import { changedDaysOf, planOf } from "./report-answer.ts";
import { type recordedArgs, reportArgs, SourceEnum } from "./report-args.ts";
import { Bucketed, type ReportNode, RUNNING_TOTAL_OF_REPORT, SHARE_OF_REPORT } from "./report-bucket.ts";
import { reportFields } from "./report-fields.ts";
import type { ReportFilterInput } from "./report-filter.ts";

type Types = typeof builder.$inferSchemaTypes;
type Ref<Shape> = PothosSchemaTypes.ObjectRef<Types, Shape>;

/** Particulars of the list of one report. */
interface ReportList<Measure extends object> {
  readonly noun: "Cost" | "Usage";
  readonly field: "cost" | "usage";
  readonly report: Report<Measure>;
  /** Permissions that the list requires, any of them, and those of `overlap`. */
  readonly requires: Requires;
  readonly overlapRequires: Requires;
  readonly DimensionEnum: PothosSchemaTypes.EnumRef<Types, Dimension>;
  readonly filter: InputRef<ReportFilterInput>;
  /** The argument for figures as they stood earlier; none where they are not recorded. */
  readonly recordedArgs?: Partial<typeof recordedArgs>;
  /** Returns the report as it stood at an instant. */
  readonly reportAsOf?: (at: Instant, now: Instant) => Report<Measure>;
  readonly measures: Measures<Measure>;
  /** The measure that a share is of by default. */
  readonly mainMeasure: string;
  /** The type of its figures, and of those set against another period. */
  readonly type: Ref<Measure>;
  readonly comparison: Ref<Compared<Measure>>;
  readonly descriptions: {
    readonly query: string;
    readonly connection: string;
    readonly bucket: string;
  };
  /** The figures of a bucket. */
  readonly fields: ObjectFieldsShape<Types, ReportNode<Measure>>;
  /** The figures of one person, which another endpoint has. */
  readonly ofPerson: {
    readonly description: string;
    readonly what: string;
    readonly totals: TotalsOfUser<Measure>;
  };
}

/** Totals by user id, with their endpoint and the plan of their requests. */
interface TotalsOfUser<Measure> {
  (ctx: Context, scope: { readonly range: DayRange }): KeyedAnswers<Measure>;
  readonly endpoint: Endpoint<never, unknown>;
  readonly requests: (range: DayRange, ctx: Context) => FieldRequests;
}

/** Defines the list of a report, its buckets and totals, and the figures of one person. */
export function reportList<Measure extends object>(list: ReportList<Measure>): void {
  const { noun, field, report, requires, DimensionEnum, filter, measures, descriptions } = list;
  const series = seriesOrder<Measure>(noun, measures);
  const args = {
    ...reportArgs,
    ...builder.args((t) => ({
      groupBy: t.field({
        type: [DimensionEnum],
        description: "Dimensions to group rows by. Without any there is one row per bucket.",
      }),
      orderBy: t.field({
        type: series.input,
        description: "Sort order. By default oldest first, or largest first without buckets.",
      }),
      filter: t.field({ type: filter, description: "Usage to include." }),
    })),
    ...list.recordedArgs,
    ...forward,
  };
  const fields = reportFields(list, series.orderOf, ({ argsOf }) => argsOf(args));

  const bucket = reportBucket(list, series, fields);
  const connection = reportConnection(list, bucket, fields);
  builder.queryField(field, (t) =>
    t.field({
      requires,
      type: connection,
      nullable: true,
      description: `${descriptions.query} Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.`,
      sources: [...report.datasets, ...TEAM_SOURCES],
      args,
      ...ofOrganization,
      ...fields.connection,
    }),
  );
  figuresOfPerson(list);
}

type Series<Measure> = ReturnType<typeof seriesOrder<Measure>>;
type Fields<Measure> = ReturnType<typeof reportFields<Measure>>;

/** Defines the type of a report's rows. */
function reportBucket<Measure extends object>(
  { noun, report, type, comparison, mainMeasure, descriptions, fields: ownFields }: ReportList<Measure>,
  series: Series<Measure>,
  fields: Fields<Measure>,
): Ref<ReportNode<Measure>> {
  const figures: Ref<object> = type; // a field of a type parameter could be a list to the compiler
  const bucket = builder.objectRef<ReportNode<Measure>>(`${noun}Bucket`).implement({
    description: descriptions.bucket,
    sources: report.datasets,
    fields: (t) => ({
      ...ownFields(t),
      shareOfTotal: t.field({
        type: "Decimal",
        nullable: true,
        description: SHARE_OF_REPORT,
        args: {
          of: t.arg({
            type: series.MeasureEnum,
            required: true,
            defaultValue: mainMeasure,
            description: "The measure to take the share of.",
          }),
        },
        requests: fields.total.requests,
        resolve: async ({ measure, relations }, { of }) =>
          series.shareOf(of, measure, await relations.total()),
      }),
      runningTotal: t.field({
        type: figures,
        nullable: true,
        description: RUNNING_TOTAL_OF_REPORT,
        ...fields.runningTotal,
      }),
      comparison: t.field({
        type: comparison,
        nullable: true,
        description: `Comparison with the same group in the compared period. ${COMPARED}`,
        resolve: comparedRow,
      }),
    }),
  });
  bucket.addInterfaces([Bucketed, SeriesRow]);
  return bucket;
}

/** Defines the connection of a report, with the totals of the whole answer. */
function reportConnection<Measure extends object>(
  { noun, type, comparison, overlapRequires, DimensionEnum, descriptions }: ReportList<Measure>,
  bucket: Ref<ReportNode<Measure>>,
  fields: Fields<Measure>,
) {
  const figures: Ref<object> = type;
  return builder.connectionObject(
    {
      type: bucket,
      name: `${noun}BucketConnection`,
      description: descriptions.connection,
      fields: (t) => ({
        source: t.field({
          type: SourceEnum,
          description: "Reports of the organization that answered.",
          resolve: (answer) => planOf(answer).source.source,
        }),
        notIncluded: t.string({
          nullable: true,
          description:
            "Usage that a reader may expect in the answer but that it can lack: children with HIPAA readiness, in the newer reports of a parent organization. Null: nothing is known to be missing; `datasets` describes each source.",
          resolve: (answer) => leftOutOf(planOf(answer)),
        }),
        groupedBy: t.field({
          type: [DimensionEnum],
          description:
            "The dimensions that rows are grouped by. A field of another dimension is null, and `extensions.warnings` of the answer names it (NOT_GROUPED_BY).",
          resolve: (answer) => planOf(answer).question.groupBy,
        }),
        total: t.field({
          type: figures,
          nullable: true,
          description:
            "The exact total of the whole range and filter, for any grouping; fetched only when selected. Additive over ranges that do not overlap. Null: upstream has no figures.",
          ...fields.total,
        }),
        totalComparison: t.field({
          type: comparison,
          nullable: true,
          description: `The exact total compared with that of the compared period; both are fetched only when selected. ${COMPARED}`,
          ...fields.totalComparison,
        }),
        changedDays: t.field({
          type: ["Date"],
          nullable: true,
          description:
            "The UTC days that rows are of, with `changedSince`; one without rows has no figures now. Null: without that argument.",
          resolve: (answer) => changedDaysOf(answer)?.slice() ?? null,
        }),
        overlap: t.field({
          requires: overlapRequires, // it can be what one person in two teams used
          type: figures,
          nullable: true,
          description:
            "By TEAM: the amount that the rows of all pages count more than once, since people in several teams count in each. Rows add up exactly to `total` plus this. Zero with `overlap: SPLIT`. Additive over ranges that do not overlap. Null: not grouped by TEAM, or no rows.",
          ...fields.overlap,
        }),
      }),
    },
    { name: `${noun}BucketEdge`, description: "A bucket and its cursor." },
  );
}

/** Defines the figures of one person. */
function figuresOfPerson<Measure extends object>({
  field,
  type,
  requires,
  ofPerson,
}: ReportList<Measure>): void {
  const figures: Ref<object> = type;
  const enterprise = { kind: "ENTERPRISE", what: ofPerson.what } as const;
  personFigures((t, range) => ({
    [field]: t.field({
      requires: [...requires, "own", requires.includes("spend:read") ? "spendOfTeam" : "peopleOfTeam"],
      type: figures,
      nullable: true,
      description: ofPerson.description,
      sources: [ofPerson.totals.endpoint.dataset],
      args: { ...range, ...enterpriseArg },
      requests: ({ args, range }, ctx) => {
        organizationOfKind(ctx, args.organization, enterprise);
        return ofPerson.totals.requests(range, ctx);
      },
      resolve: (person, { range, organization }, ctx) => {
        organizationOfKind(ctx, organization, enterprise);
        if (person.organization !== "ENTERPRISE" && hasKeyOf(ctx.upstream, "ENTERPRISE")) return null;
        return ofPerson.totals(ctx, { range: personOver(person, range, ctx).range }).load(person.userId);
      },
    }),
  }));
}
