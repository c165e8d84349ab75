import type { Context } from "../context.ts";
import type { ReportRow } from "../domain/bucket.ts";
import type { ClosedReason } from "../domain/dataset.ts";
import { type SpendAmounts, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { inPieces, type ThreadTurn } from "../domain/pieces.ts";
import type { DayRange } from "../domain/range.ts";
import { isRefusal } from "../upstream/errors/refusal.ts";
import { collectAll, type PageProvenance } from "../upstream/pages/iterate.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { costReport } from "./cost.ts";
import { type FreshnessState, freshnessOf } from "./freshness.ts";
import { plansFor, type ReportPlan } from "./report/plan.ts";
import { pagesOfReport } from "./report/read.ts";
import type { ReportSource, Source } from "./report/report.ts";
import { requestsOfReport, requestsOfTotal } from "./report/requests.ts";
import { peopleIn } from "./report/sources.ts";
import { ungrouped } from "./report/total.ts";

/** Why what is attributed can be less or more than the whole. */
export const DIFFERENCE_REASONS = {
  NO_ATTRIBUTION:
    "The Console's older cost report splits by workspace and billing line, never by identity, so it cannot attribute cost. UNIFIED can.",
  EXPORTS_DIFFER:
    "The total and its parts come from exports of different times; a revision in between is in only one of them. Query again after the next export: they then agree.",
  PEOPLE_ONLY:
    "The per-person report omits usage without a person, such as Code Review and Claude Tag in channels. UNIFIED has it as unattributed.",
  UNEXPLAINED: "No known cause explains the difference.",
} as const;

export type DifferenceReason = keyof typeof DIFFERENCE_REASONS;

/** One source's cost, and to whom or what it is attributed. Null parts are those the source does not tell. */
export interface Reconciliation {
  readonly source: Source;
  readonly organization: OrganizationKind;
  readonly range: DayRange;
  /** Why upstream does not let the gateway read it; nothing else is known then. */
  readonly closed: ClosedReason | null;
  /** Null: upstream has no figures. */
  readonly total: SpendAmounts | null;
  readonly parts: { readonly [P in ReconciliationPart]: SpendAmounts | null };
  /** Amount of the total that is in no part. */
  readonly difference: SpendAmounts | null;
  readonly reason: DifferenceReason | null;
  /** The reports it is made of. */
  readonly reports: readonly FreshnessState[];
}

export type ReconciliationPart = "people" | "deletedPeople" | "keysAndServiceAccounts" | "unattributed";

const UNTOLD = {
  people: null,
  deletedPeople: null,
  keysAndServiceAccounts: null,
  unattributed: null,
} as const;

/** The sources of an organization's cost. */
function costSources(organization: OrganizationKind): readonly ReportSource<SpendAmounts>[] {
  return costReport.sources.filter((each) => each.organization === organization);
}

/** The cost of one source, attributed as far as it says. */
async function reconcile(
  ctx: Context,
  source: ReportSource<SpendAmounts>,
  requested: DayRange,
): Promise<Reconciliation> {
  const { upstream } = ctx;
  const plan = planOf(ctx, source, requested);
  const by = peopleIn(source.names);
  const { range, ranges } = plan.windows;
  const about = { source: source.source, organization: source.organization, range };
  const { dataset: whole } = source.resourceFor({ ...plan.question, groupBy: [] }).endpoint;
  try {
    const [totals, split] = await Promise.all([
      collectAll(ranges.map((piece) => ungrouped(upstream, plan, piece))),
      by === null ? null : collectAll(ranges.map((piece) => pagesOfReport(upstream, plan, [piece]))),
    ]);
    const total = sumOf(totals.rows.map(({ measure }) => measure));
    const parts =
      total === null || split === null
        ? UNTOLD
        : await partsOf(split.rows, total, by === "ACTOR", upstream.turn);
    const attributed = sumOf(Object.values(parts).flatMap((part) => part ?? []));
    const difference = total && attributed ? spends.minus(total, attributed) : total;
    const sources = [...totals.sources, ...(split?.sources ?? [])];
    return {
      ...about,
      closed: null,
      total,
      parts,
      difference,
      reason: difference && reasonOf(difference, by, sources),
      reports: [
        freshnessOf(whole, totals.sources),
        ...(split === null ? [] : [freshnessOf(plan.resource.endpoint.dataset, split.sources)]),
      ],
    };
  } catch (fault) {
    if (!isRefusal(fault)) throw fault;
    const nothing = { total: null, difference: null, reason: null, reports: [] };
    return { ...about, ...nothing, closed: fault.reason, parts: UNTOLD };
  }
}

/** The reconciliation of each source of an organization. */
export const reconciliations = {
  read: (ctx: Context, organization: OrganizationKind, range: DayRange): readonly Promise<Reconciliation>[] =>
    costSources(organization).map((source) => reconcile(ctx, source, range)),
  requests(ctx: Context, organization: OrganizationKind, range: DayRange): readonly FieldRequests[] {
    const plans = costSources(organization).map((source) => planOf(ctx, source, range));
    return plans.flatMap((plan) => [
      requestsOfTotal(plan),
      ...(peopleIn(plan.source.names) === null ? [] : [requestsOfReport(plan, null)]),
    ]);
  },
};

/** The question for the parts: split by all dimensions of identities that the source has. */
function planOf(ctx: Context, source: ReportSource<SpendAmounts>, range: DayRange): ReportPlan<SpendAmounts> {
  const by = peopleIn(source.names);
  const question = { range, bucket: "NONE", groupBy: by === null ? [] : [by], filter: {} } as const;
  return plansFor(ctx.upstream, costReport, source, question, ctx.now())[0];
}

/** A report of people tells nothing of anybody else. */
async function partsOf(
  rows: readonly ReportRow<SpendAmounts>[],
  total: SpendAmounts,
  hasOthers: boolean,
  turn: ThreadTurn,
): Promise<Reconciliation["parts"]> {
  const zero = spends.minus(total, total);
  const sums = { people: zero, deletedPeople: zero, keysAndServiceAccounts: zero, unattributed: zero };
  await inPieces(rows, turn, (row) => {
    const part = partOf(row);
    sums[part] = spends.plus(sums[part], row.measure);
  });
  return hasOthers ? sums : { ...sums, keysAndServiceAccounts: null, unattributed: null };
}

function partOf({ user, actor }: ReportRow<SpendAmounts>): ReconciliationPart {
  const person = user ?? (actor?.kind === "person" ? actor.user : null);
  if (person !== null) return person.deleted ? "deletedPeople" : "people";
  return actor === null || actor.kind === "unknown" ? "unattributed" : "keysAndServiceAccounts";
}

function reasonOf(
  difference: SpendAmounts,
  by: "ACTOR" | "USER" | null,
  sources: readonly PageProvenance[],
): DifferenceReason | null {
  if (spends.isZero(difference)) return null;
  if (by === null) return "NO_ATTRIBUTION";
  // Final figures do not move, whichever export they are of.
  const moving = sources.filter(({ state }) => state !== "FINAL");
  const exports = Map.groupBy(moving, ({ range }) => range?.from);
  if ([...exports.values()].some((pages) => new Set(pages.map(({ watermark }) => watermark)).size > 1))
    return "EXPORTS_DIFFER";
  return by === "USER" ? "PEOPLE_ONLY" : "UNEXPLAINED";
}

function sumOf(amounts: readonly SpendAmounts[]): SpendAmounts | null {
  const [first, ...others] = amounts;
  return first === undefined ? null : others.reduce(spends.plus, first);
}
