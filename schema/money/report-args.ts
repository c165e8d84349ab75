import { organizationNamed } from "../../src/analytics/organizations.ts";
import type { ReportChoice, Source } from "../../src/analytics/report/report.ts";
import type { Context } from "../../src/context.ts";
import type { Comparison } from "../../src/domain/comparison.ts";
import type { Dimension } from "../../src/domain/report.ts";
import type { SeriesBucket } from "../../src/domain/series.ts";
import type { Overlap } from "../../src/domain/team.ts";
import type { Requires } from "../../src/planning/plan.ts";
import type { RangeInput } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import type { Slice } from "../framework/connection.ts";
import { type Incomplete, IncompleteEnum } from "../framework/incomplete.ts";
import { organizationArg } from "../framework/organization.ts";
import { requirePermission } from "../framework/permission.ts";
import { DateRange } from "../framework/range.ts";
import { analysisArgs, BucketEnum, type OrderInput } from "../framework/series.ts";
import type { ReportFilterInput } from "./report-filter.ts";

export const SourceEnum = builder.enumType("Source", {
  description: "Reports of an organization to read. It never selects the organization; `organization` does.",
  values: {
    AUTO: {
      description:
        "UNIFIED if the organization is enrolled in it and it has the dimensions and days; otherwise LEGACY. `source` of the answer states which one it was; `datasets` states what upstream rejects.",
    },
    UNIFIED: {
      description: "The newer reports (beta), which keep every group and distinguish identities of any kind.",
    },
    LEGACY: {
      description:
        "The older reports: of the Enterprise organization those per organization and per person, of the Console those of the Claude API.",
    },
  } satisfies { [S in Source | "AUTO"]: { description: string } },
});

export const OverlapEnum = builder.enumType("Overlap", {
  description: "Counting of people in several teams.",
  values: {
    COUNT_IN_EACH: {
      description:
        "Counts them fully in each of their teams. Rows can add up to more than the total, by `overlap`.",
    },
    SPLIT: {
      requires: ["allTeams"], // a part tells in how many teams people are
      description:
        "Splits them into equal parts, which add up exactly. The remainder at the last digit (the twelfth decimal of a cent for an amount, 1 for a count) goes to the teams that come first by name. It is assigned per calendar month (per day for minutes) as it accumulates over the range, so a team's days, weeks and months add up to its row without buckets. FORBIDDEN for team leads, since parts depend on all teams of a person.",
    },
  } satisfies { [O in Overlap]: { description: string; requires?: Requires } },
});

export function requireOverlap(ctx: Context, overlap: Overlap | null | undefined): void {
  if (overlap === "SPLIT") requirePermission(ctx, "allTeams", "`overlap: SPLIT`");
}

/** The arguments of a report; `groupBy` and `filter` differ by report. */
export const reportArgs = {
  ...builder.args((t) => ({
    range: t.field({
      type: DateRange,
      required: true,
      description: "UTC days, any number; fetched month by month.",
    }),
    bucket: t.field({
      type: BucketEnum,
      defaultValue: "NONE",
      description: "Length of a bucket. By default the whole range is one bucket.",
    }),
    source: t.field({
      type: SourceEnum,
      defaultValue: "AUTO",
      description: "Reports of the organization to read.",
    }),
    incomplete: t.field({
      type: IncompleteEnum,
      required: true,
      defaultValue: "MARK",
      description:
        "Handling of days that upstream's export does not cover yet. EXCLUDE ends the range before them, so rows, totals and comparisons cover complete days. MARK and INCLUDE keep their figures so far, with `state: OPEN`; a bucket without usage has no row.",
    }),
    overlap: t.field({
      type: OverlapEnum,
      defaultValue: "COUNT_IN_EACH",
      description: "Counting of people in several teams. It applies only to rows grouped by TEAM.",
    }),
    changedSince: t.field({
      type: "DateTime",
      description:
        "Only rows of days with figures that changed or became final after that instant, with `bucket: DAY`, for services that synchronize: `changedDays` of the answer lists the days. A day of which the gateway cannot know this is among them: it knows days that were final by then, and by what it recorded those of cost by PRODUCT and MODEL. Totals stay those of the whole range.",
    }),
  })),
  ...organizationArg,
  ...analysisArgs,
};

/** The argument of a report of recorded days. */
export const recordedArgs = builder.args((t) => ({
  asOf: t.field({
    type: "DateTime",
    description:
      "Answers as this gateway would have answered at that instant: from the last upstream export that it had seen by then, also for days that are final now. Relative ranges, states and `freshness` are those of that instant. It is recorded by day, PRODUCT and MODEL, for organizations with newer reports or Enterprise reports; anything finer, and days that were not read by then, are NOT_RECORDED. Takes no upstream request.",
  }),
}));

/** Query that any report can answer. */
export interface ReportArgs extends Slice {
  readonly range: RangeInput;
  readonly bucket?: SeriesBucket | null | undefined;
  readonly organization?: string | null | undefined;
  readonly source?: Source | "AUTO" | null | undefined;
  readonly groupBy?: readonly Dimension[] | null | undefined;
  readonly filter?: ReportFilterInput | null | undefined;
  readonly top?: number | null | undefined;
  readonly compare?: Comparison | null | undefined;
  readonly orderBy?: OrderInput | null | undefined;
  readonly overlap?: Overlap | null | undefined;
  readonly incomplete?: Incomplete;
  readonly asOf?: Date | null | undefined;
  readonly changedSince?: Date | null | undefined;
}

/** Returns the organization and the reports that the arguments of a field select. */
export function choiceOf(
  ctx: Context,
  { organization, source }: Pick<ReportArgs, "organization" | "source">,
): ReportChoice {
  return { organization: organizationNamed(ctx, organization), source: source ?? "AUTO" };
}
