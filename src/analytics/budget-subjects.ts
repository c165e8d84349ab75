import leven from "leven";
import type { Context } from "../context.ts";
import type { ReportRow } from "../domain/bucket.ts";
import type { BudgetSubject } from "../domain/budget.ts";
import { addDays, addMonths, type Day, dayOf, earlier, startOfMonth } from "../domain/day.ts";
import type { SpendAmounts } from "../domain/money.ts";
import { emailKey, type OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import type { Dimension } from "../domain/report.ts";
import { GatewayError } from "../errors.ts";
import { apiKeyById, workspaceById } from "../loaders/console.ts";
import { memberById, membersByEmail } from "../loaders/members.ts";
import { apiKeys } from "../upstream/endpoints/api-keys.ts";
import { DEFAULT_WORKSPACE } from "../upstream/endpoints/console-usage.ts";
import { workspaces } from "../upstream/endpoints/workspaces.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { costReport } from "./cost.ts";
import { answerBy } from "./report/answer.ts";
import { plansFor } from "./report/plan.ts";
import { readReport } from "./report/read.ts";

/** Budgets of one kind of subject and one period, which are read together. */
export interface BudgetQuestion {
  readonly organization: OrganizationKind;
  readonly subject: BudgetSubject;
  readonly period: DayRange;
}

/** Returns true for the address of a person, who is read by an id. */
export function isPersonByAddress(subject: BudgetSubject, id: string): boolean {
  return subject === "PERSON" && id.includes("@");
}

/** The ids that upstream knows subjects by. */
export async function idsOf(
  ctx: Context,
  subject: BudgetSubject,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | Error>> {
  const members = membersByEmail(ctx, { organization: "ENTERPRISE" });
  const pairs = ids.map(async (id): Promise<[string, string | Error]> => {
    if (!isPersonByAddress(subject, id)) return [id, id];
    const [member] = (await members.load(emailKey(id, ctx.orgDirectory.aliases))) ?? [];
    return [id, member?.userId ?? gone("No current member has the address of this budget")];
  });
  return new Map(await Promise.all(pairs));
}

/** Returns the error of a budget of a subject that does not exist. */
export function gone(what: string, names: readonly string[] = []): GatewayError {
  const near = names.length === 0 ? "" : ` (nearest: ${names.join(", ")})`;
  return new GatewayError("NOT_FOUND", `${what}${near}; change or remove the budget in BUDGETS_FILE.`);
}

interface Split {
  readonly dimension: Dimension;
  /** Upstream is sent the subjects; where it cannot be, it sends all. */
  readonly isFiltered: boolean;
  readonly idOf: (row: ReportRow<unknown>) => string | null;
}

/** How rows tell subjects apart. */
const SPLITS: Readonly<Record<Exclude<BudgetSubject, "TEAM" | "ORGANIZATION">, Split>> = {
  MODEL: { dimension: "MODEL", isFiltered: true, idOf: ({ model }) => model },
  API_KEY: { dimension: "API_KEY", isFiltered: true, idOf: ({ apiKeyId }) => apiKeyId },
  PERSON: { dimension: "USER", isFiltered: true, idOf: ({ user }) => user?.userId ?? null },
  // The Console's older report takes no filter.
  WORKSPACE: { dimension: "WORKSPACE", isFiltered: false, idOf: ({ workspaceId }) => workspaceId },
};

/** Returns how rows tell the subjects of a kind apart; null: they are not split. */
export function splitOf(subject: BudgetSubject): Split | null {
  return subject === "ORGANIZATION" || subject === "TEAM" ? null : SPLITS[subject];
}

/**
 * Judges subjects that no row of the period names: nothing was spent on them, or nothing has their name. Returns the id that rows have for
 * a subject that exists, or the error of its budget. Lists decide where there are any, else the spend of the months before.
 */
export async function subjectsWithoutRows(
  ctx: Context,
  question: BudgetQuestion,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | Error>> {
  const { subject, organization } = question;
  if (subject === "WORKSPACE") return workspacesOf(ctx, ids);
  if (subject === "PERSON") return peopleOf(ctx, ids);
  if (subject === "API_KEY" && organization === "CONSOLE") return keysOf(ctx, ids);
  const split = splitOf(subject);
  return split === null ? new Map(ids.map((id) => [id, id])) : spendersOf(ctx, question, split, ids);
}

type Judged = ReadonlyMap<string, string | Error>;

async function workspacesOf(ctx: Context, ids: readonly string[]): Promise<Judged> {
  const found = await workspaceById(ctx, {}).loadMany(ids);
  const listed = pagesOf(ctx.upstream, workspaces, [{ includeDefault: true }]); // which the look-up has read
  const known = (await collect(listed)).rows.map(({ workspaceId }) => workspaceId);
  return judged(
    ids,
    found,
    ({ workspaceId, isDefault }) => (isDefault ? DEFAULT_WORKSPACE : workspaceId),
    (id) => gone("No workspace has the id of this budget", nearestTo(id, known)),
  );
}

async function keysOf(ctx: Context, ids: readonly string[]): Promise<Judged> {
  const found = await apiKeyById(ctx, {}).loadMany(ids);
  const known = (await collect(pagesOf(ctx.upstream, apiKeys, [{}]))).rows.map(({ apiKeyId }) => apiKeyId);
  return judged(
    ids,
    found,
    ({ apiKeyId }) => apiKeyId,
    (id) => gone("No API key has the id of this budget", nearestTo(id, known)),
  );
}

async function peopleOf(ctx: Context, ids: readonly string[]): Promise<Judged> {
  const found = await memberById(ctx, { organization: "ENTERPRISE" }).loadMany(ids);
  return judged(
    ids,
    found,
    ({ userId }) => userId,
    () => gone("No current member has the id of this budget, and nothing was spent by it in the period"),
  );
}

function judged<Found>(
  ids: readonly string[],
  found: readonly (Found | Error | null)[],
  idOf: (each: Found) => string,
  missing: (id: string) => Error,
): Judged {
  return new Map(
    ids.map((id, i) => {
      const each = found[i] ?? null;
      if (each === null) return [id, missing(id)];
      return [id, each instanceof Error ? each : idOf(each)];
    }),
  );
}

/** Returns what recent spend says of subjects: no list has every model, nor the API keys of an Enterprise organization. */
async function spendersOf(
  ctx: Context,
  { organization, subject, period }: BudgetQuestion,
  { dimension, idOf }: Split,
  ids: readonly string[],
): Promise<Judged> {
  const range = recentMonths(ctx);
  const question = { range, bucket: "NONE", groupBy: [dimension], filter: {} } as const;
  const plans = plansFor<SpendAmounts>(
    ctx.upstream,
    costReport,
    { organization, source: "AUTO" },
    question,
    ctx.now(),
  );
  const rows = await answerBy(
    ctx.upstream,
    plans,
    async (plan) => (await readReport(ctx.upstream, plan)).rows,
  );
  const known = [...new Set(rows.map(idOf))].filter((id) => id !== null);
  const what = subject === "MODEL" ? "model" : "API key";
  const since: Day = earlier(range.from, period.from);
  return new Map(
    ids.map((id) => [
      id,
      known.includes(id)
        ? id
        : gone(
            `Since ${since} nothing was spent on the ${what} that this budget names, letter case included`,
            nearestTo(id, known),
          ),
    ]),
  );
}

/** This month and the one before: the same for budgets of all periods. */
function recentMonths({ now }: Context): DayRange {
  const today = dayOf(now());
  return { from: addMonths(startOfMonth(today), -1), until: addDays(today, 1) };
}

const NEAREST = 3;

/** The names that are most like one, whatever their case. */
export function nearestTo(name: string, names: readonly string[]): readonly string[] {
  const distance = (each: string) => leven(name.toLowerCase(), each.toLowerCase());
  return names
    .map((each) => ({ each, far: distance(each) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, NEAREST)
    .map(({ each }) => each);
}
