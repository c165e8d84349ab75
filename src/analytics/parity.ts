import { finalityOf, leastSettled } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import { NO_DIMENSIONS } from "../domain/bucket.ts";
import { addMonths, type Day, dayOf, type Instant, startOfMonth } from "../domain/day.ts";
import { compare, type Decimal, decimalOf, plus } from "../domain/decimal.ts";
import type { SpendAmounts } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import type { Dimension } from "../domain/report.ts";
import type { TokenCounts } from "../domain/tokens.ts";
import { GatewayError } from "../errors.ts";
import { workspaceById } from "../loaders/console.ts";
import { unifiedCost } from "../upstream/endpoints/unified.ts";
import { collect } from "../upstream/pages/iterate.ts";
import { earliestDay } from "../upstream/pages/windows.ts";
import { isParent } from "./children.ts";
import { costReport } from "./cost.ts";
import { plansFor } from "./report/plan.ts";
import { pagesOfReport } from "./report/read.ts";
import type { GatewayRow, Report, Source } from "./report/report.ts";
import { usageReport } from "./usage.ts";

/** Measures of a group, by name; null where a source does not measure it. */
export type Figures = Readonly<Record<string, Decimal | null>>;

/** A question that an organization's older and newer reports both answer. */
export interface ParityQuestion {
  readonly field: "cost" | "usage";
  readonly organization: OrganizationKind;
  readonly month: DayRange;
  /** Null: the ungrouped days. */
  readonly groupBy: Dimension | null;
}

/** A figure of one group on one day that the two do not agree on. */
export interface Difference {
  readonly day: Day;
  /** The dimensions that have a value, by name; `remainder` stands for the groups that the older report left out. */
  readonly group: Readonly<Record<string, unknown>> | "remainder";
  readonly figure: string;
  readonly older: Decimal;
  readonly newer: Decimal;
}

export type Parity =
  | { readonly outcome: "compared"; readonly rows: number; readonly differences: readonly Difference[] }
  | { readonly outcome: "not comparable"; readonly why: string };

interface Measured<Measure> {
  readonly report: Report<Measure>;
  readonly figures: (measure: Measure) => Figures;
}

const COST: Measured<SpendAmounts> = {
  report: costReport,
  figures: ({ net, list, requests }) => ({
    net: net.cents,
    list: list?.cents ?? null,
    requests: requests === null ? null : decimalOf(requests),
  }),
};

const USAGE: Measured<TokenCounts> = {
  report: usageReport,
  figures: (usage) =>
    Object.fromEntries(
      Object.entries(usage).map(([kind, count]) => [kind, count === null ? null : decimalOf(count)]),
    ),
};

/** Returns the newest `count` months with final money that all reports still serve, newest first. */
export function finalMonths(now: Instant, count: number): DayRange[] {
  const earliest = earliestDay(unifiedCost.ENTERPRISE, now);
  const months: DayRange[] = [];
  for (let until = startOfMonth(dayOf(now)); months.length < count; until = addMonths(until, -1)) {
    const month = { from: addMonths(until, -1), until };
    if (month.from < earliest) break;
    if (finalityOf("money", month, now) === "FINAL") months.push(month);
  }
  return months;
}

/** Everything that can be compared of a month: its days as they are, and by each dimension that both reports know. */
export function parityQuestions(
  organizations: readonly OrganizationKind[],
  month: DayRange,
): ParityQuestion[] {
  return [
    questionsAbout("cost", COST, organizations, month),
    questionsAbout("usage", USAGE, organizations, month),
  ].flat();
}

function questionsAbout<Measure>(
  field: ParityQuestion["field"],
  { report: { sources } }: Measured<Measure>,
  organizations: readonly OrganizationKind[],
  month: DayRange,
): ParityQuestion[] {
  return sources.flatMap(({ source, organization, names }) => {
    const newer = sources.find((each) => each.source === "UNIFIED" && each.organization === organization);
    if (source === "UNIFIED" || newer === undefined) return [];
    if (!organizations.includes(organization)) return [];
    const shared = (Object.keys(names.groupBy) as Dimension[]).filter((each) =>
      Object.hasOwn(newer.names.groupBy, each),
    );
    return [null, ...shared].map((groupBy) => ({ field, organization, month, groupBy }));
  });
}

/** One question to both reports, day by day: a day of the older one keeps its largest groups and the rest as one remainder. */
export function parityOf(ctx: Context, question: ParityQuestion): Promise<Parity> {
  return question.field === "cost" ? parity(ctx, COST, question) : parity(ctx, USAGE, question);
}

async function parity<Measure>(
  ctx: Context,
  { report, figures }: Measured<Measure>,
  { field, organization, month, groupBy }: ParityQuestion,
): Promise<Parity> {
  const read = async (source: Source, apart: readonly Dimension[]) => {
    const dimensions = groupBy === null ? apart : [...new Set([groupBy, ...apart])];
    const requested = { range: month, bucket: "DAY", groupBy: dimensions, filter: {} } as const;
    const [plan] = plansFor(ctx.upstream, report, { organization, source }, requested, ctx.now());
    const { rows, sources: pages } = await collect(pagesOfReport(ctx.upstream, plan));
    const isFinal = leastSettled(pages.map((page) => page.state)) === "FINAL";
    return { isFinal, rows };
  };
  // The older Console cost leaves Priority Tier out and cannot tell tiers apart, so it is taken from the newer one.
  const isWithoutPriority = field === "cost" && organization === "CONSOLE";
  if (isParent({ ctx, kind: organization }))
    return {
      outcome: "not comparable",
      why: "The newer reports of a parent organization are of its children.",
    };
  try {
    const before = await read("LEGACY", []);
    const after = await read("UNIFIED", isWithoutPriority ? ["SERVICE_TIER"] : []);
    if (!before.isFinal || !after.isFinal)
      return { outcome: "not comparable", why: "Upstream's exports do not make the month final yet." };
    const newer = isWithoutPriority ? after.rows.flatMap(withoutPriority) : after.rows;
    const sides = await Promise.all([before.rows, newer].map((rows) => groupsOf(ctx, rows, figures)));
    return {
      outcome: "compared",
      rows: newer.length,
      differences: differencesOf(sides[0] ?? [], sides[1] ?? []),
    };
  } catch (fault) {
    if (!(fault instanceof GatewayError)) throw fault;
    return { outcome: "not comparable", why: fault.message };
  }
}

function withoutPriority<Measure>(row: GatewayRow<Measure>): GatewayRow<Measure>[] {
  return row.serviceTier?.startsWith("priority") ? [] : [{ ...row, serviceTier: null }];
}

/** Figures of one group on one day. */
interface DayGroup {
  readonly day: Day;
  readonly group: Difference["group"];
  readonly figures: Figures;
}

async function groupsOf<Measure>(
  ctx: Context,
  rows: readonly GatewayRow<Measure>[],
  figures: (measure: Measure) => Figures,
): Promise<DayGroup[]> {
  return Promise.all(
    rows.map(async (row) => ({
      day: dayOf(row.from),
      group: row.isRemainder ? "remainder" : await nameOf(ctx, row),
      figures: figures(row.measure),
    })),
  );
}

/**
 * People go by id, and not as actors too: no older report knows those. The older Console reports leave the default workspace
 * nameless.
 */
async function nameOf(ctx: Context, row: GatewayRow<unknown>): Promise<Readonly<Record<string, unknown>>> {
  const shown = { ...row, actor: null };
  const columns = Object.keys(NO_DIMENSIONS) as (keyof typeof NO_DIMENSIONS)[];
  const named = Object.fromEntries(
    columns.filter((column) => shown[column] !== null).map((column) => [column, shown[column]]),
  );
  if (row.user !== null) return { ...named, user: row.user.userId }; // names and addresses change
  if (row.workspaceId === null) return named;
  const workspace = await workspaceById(ctx, {}).load(row.workspaceId);
  return { ...named, workspaceId: workspace?.workspaceId ?? row.workspaceId };
}

/** Where the figures of groups differ; a group that one side leaves out has none there, which is what zeros say. */
export function differencesOf(older: readonly DayGroup[], newer: readonly DayGroup[]): Difference[] {
  const days = new Set([...older, ...newer].map(({ day }) => day));
  const [none, nothing] = [nothingOf(older, newer), nothingOf(newer, older)];
  const [before, after] = [older, newer].map((groups) => Map.groupBy(groups, ({ day }) => day));
  return [...days].sort().flatMap((day) => {
    const left = byGroup(before?.get(day) ?? []);
    const right = byGroup(after?.get(day) ?? []);
    const remainder = left.get(REMAINDER);
    if (remainder !== undefined) {
      const others = [...right].filter(([key]) => !left.has(key));
      for (const [key] of others) right.delete(key);
      right.set(REMAINDER, {
        ...remainder,
        figures: others.map(([, { figures }]) => figures).reduce(plusFigures, {}),
      });
    }
    return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) => {
      const [a, b] = [left.get(key), right.get(key)];
      const group = (a ?? b)?.group ?? "remainder";
      return figuresThatDiffer(a?.figures ?? none, b?.figures ?? nothing).map((differing) => ({
        day,
        group,
        ...differing,
      }));
    });
  });
}

const REMAINDER = JSON.stringify("remainder");

function byGroup(groups: readonly DayGroup[]): Map<string, DayGroup> {
  const byKey = new Map<string, DayGroup>();
  for (const each of groups) {
    const key = JSON.stringify(each.group);
    const figures = byKey.get(key)?.figures;
    byKey.set(key, figures === undefined ? each : { ...each, figures: plusFigures(figures, each.figures) });
  }
  return byKey;
}

function plusFigures(a: Figures, b: Figures): Figures {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const [x, y] = [a[name] === undefined ? ZERO : a[name], b[name] === undefined ? ZERO : b[name]];
      return [name, x === null || y === null ? null : plus(x, y)];
    }),
  );
}

const ZERO = decimalOf(0);

/**
 * Returns an empty measure for a group that one side leaves out; null where that side has no group at all, which says nothing.
 */
function nothingOf(groups: readonly DayGroup[], others: readonly DayGroup[]): Figures {
  const shown = groups.length > 0 ? groups : others;
  const measured = shown.flatMap(({ figures }) =>
    Object.keys(figures).filter((name) => figures[name] !== null),
  );
  return Object.fromEntries([...new Set(measured)].map((name) => [name, ZERO]));
}

/** A figure that one side does not measure cannot differ. */
function figuresThatDiffer(
  a: Figures = {},
  b: Figures = {},
): Pick<Difference, "figure" | "older" | "newer">[] {
  return Object.keys(a).flatMap((figure) => {
    const [older, newer] = [a[figure] ?? null, b[figure] ?? null];
    return older === null || newer === null || compare(older, newer) === 0 ? [] : [{ figure, older, newer }];
  });
}
