import type { Finality } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import type { CodeActivity, ToolActionCounts, UserActivityRow } from "../domain/activity.ts";
import {
  type ClaudeCodeRecord,
  type CodeModel,
  CodeSum,
  type CodeTotals,
  estimatedCost,
} from "../domain/claude-code.ts";
import { addDays, type Day, dayOf, earlier } from "../domain/day.ts";
import type { Decimal } from "../domain/decimal.ts";
import { moneyPer } from "../domain/measures.ts";
import type { MoneyAmount } from "../domain/money.ts";
import { type Aliases, emailKey } from "../domain/organization.ts";
import { groupedInPieces, inPieces, type ThreadTurn } from "../domain/pieces.ts";
import { type DayRange, splitByDay } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { recordsOfDays } from "../loaders/claude-code.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { TOP } from "./dashboard-people.ts";
import { type FreshnessState, freshnessOf } from "./freshness.ts";
import { rankedBy } from "./ranking.ts";

/** Claude Code over whole days, by its own report. */
export interface CodeFigures {
  readonly range: DayRange;
  readonly days: readonly CodeDay[];
  readonly records: readonly ClaudeCodeRecord[];
  /** Aliases that join several addresses of one person. */
  readonly aliases: Aliases;
  readonly freshness: FreshnessState;
}

export interface CodeDay extends CodeTotals {
  readonly date: Day;
  readonly state: Finality;
  /** Different people with a record. */
  readonly people: number;
  readonly estimated: MoneyAmount;
  readonly costPerUser: MoneyAmount | null;
}

/** A person's Claude Code over a range. */
export interface CodeLeader extends CodeTotals {
  readonly email: string;
  readonly estimated: MoneyAmount;
  readonly range: DayRange;
}

/** The delay of upstream: all older records are there. */
const HELD_BACK_MS = 3_600_000;

/** How many days a series has unless asked otherwise. */
const SERIES_DAYS = 7;

/** Claude Code on the complete days of the range; without a range, of the last week. */
export async function codeOver(ctx: Context, requested: DayRange | null): Promise<CodeFigures> {
  const range = codeDays(ctx, requested);
  const { aliases } = ctx.orgDirectory;
  const { rows, sources } = await recordsOfDays(ctx, range);
  const byDay = await groupedInPieces(rows, ctx.upstream.turn, ({ date }) => date);
  const states = new Map(sources.map(({ range, state }) => [range?.from, state]));
  const days: CodeDay[] = [];
  for (const { from } of splitByDay(range)) {
    const records = byDay.get(from) ?? [];
    days.push(await codeDay(from, states.get(from) ?? "OPEN", records, aliases, ctx.upstream.turn));
  }
  return { range, days, records: rows, aliases, freshness: freshnessOf("CLAUDE_CODE", sources) };
}

/** Days of the range that are over and complete; the last week without a range. */
export function codeDays(ctx: Context, requested: DayRange | null): DayRange {
  const end = dayOf(ctx.now() - HELD_BACK_MS);
  const { range } = windowsOf(
    claudeCode,
    requested ?? { from: addDays(end, -SERIES_DAYS), until: end },
    ctx.now(),
  );
  const whole = { from: range.from, until: earlier(range.until, end) };
  if (whole.from >= whole.until) {
    throw new GatewayError(
      "NOT_YET_AVAILABLE",
      `CLAUDE_CODE has no complete day from ${range.from} on yet; a UTC day is complete one hour after its end.`,
      { dataset: "CLAUDE_CODE", newestDay: addDays(end, -1) },
    );
  }
  return whole;
}

/** Adds up the records of a day. The cost of API keys has no user, so it is not in the cost per user. */
export async function codeDay(
  date: Day,
  state: Finality,
  records: readonly ClaudeCodeRecord[],
  aliases: Aliases,
  turn: ThreadTurn,
): Promise<CodeDay> {
  const people = new Set<string>();
  const [all, ofPeople] = [new CodeSum(), new CodeSum()];
  await inPieces(records, turn, (record) => {
    all.add(record);
    if (record.actor.kind !== "user") return;
    ofPeople.add(record);
    people.add(emailKey(record.actor.email, aliases));
  });
  const { totals } = all;
  return {
    ...totals,
    date,
    state,
    people: people.size,
    estimated: estimatedCost(totals),
    costPerUser: moneyPer(estimatedCost(ofPeople.totals), people.size),
  };
}

/** The people with the most of a measure, of those who have any; ties go by address. */
export async function codeLeaders(
  { records, range, aliases }: Pick<CodeFigures, "records" | "range" | "aliases">,
  measure: (leader: CodeLeader) => number | Decimal,
  turn: ThreadTurn,
): Promise<readonly CodeLeader[]> {
  const active: CodeLeader[] = [];
  await inPieces(await peopleOf(records, aliases, turn), turn, ([email, { totals }]) => {
    const person = { ...totals, email, estimated: estimatedCost(totals), range };
    const value = measure(person);
    if (typeof value === "number" ? value > 0 : value.units > 0n) active.push(person);
  });
  const ranked = await rankedBy(active, measure, ({ email }) => email, turn);
  return ranked.slice(0, TOP).map(({ row }) => row);
}

/** The models of a range, the one that cost most by estimate first. */
export async function codeModels(
  { records }: Pick<CodeFigures, "records">,
  turn: ThreadTurn,
): Promise<readonly CodeModel[]> {
  const sum = new CodeSum();
  await inPieces(records, turn, (record) => sum.add(record));
  const ranked = await rankedBy(
    sum.totals.models,
    ({ estimated }) => estimated.cents,
    ({ model }) => model,
    turn,
  );
  return ranked.map(({ row }) => row);
}

/** Claude Code activity of members under their seat, by the report of members' activity. */
export type MemberCode = Omit<CodeActivity, "artifactsCreated"> & {
  /** People with a session; null where sessions are not measured for someone. */
  readonly people: number | null;
};

/** Claude Code figures of all people's rows. A session belongs to one person. */
export async function memberCode(rows: readonly UserActivityRow[], turn: ThreadTurn): Promise<MemberCode> {
  const sum = { people: 0, sessions: 0, commits: 0, pullRequests: 0, linesAdded: 0, linesRemoved: 0 };
  const tools = new Map<string, ToolActionCounts>();
  let isMeasured = true;
  await inPieces(rows, turn, ({ claudeCode: code }) => {
    if (code.sessions === null) isMeasured = false;
    if ((code.sessions ?? 0) > 0) sum.people++;
    sum.sessions += code.sessions ?? 0;
    sum.commits += code.commits;
    sum.pullRequests += code.pullRequests;
    sum.linesAdded += code.linesAdded;
    sum.linesRemoved += code.linesRemoved;
    for (const { tool, accepted, rejected } of code.toolActions) {
      const before = tools.get(tool);
      tools.set(tool, {
        tool,
        accepted: accepted + (before?.accepted ?? 0),
        rejected: rejected + (before?.rejected ?? 0),
      });
    }
  });
  const measured = isMeasured ? {} : { people: null, sessions: null };
  return { ...sum, ...measured, toolActions: [...tools.values()] };
}

/** Sums of the people with records, by `emailKey`. */
async function peopleOf(
  records: readonly ClaudeCodeRecord[],
  aliases: Aliases,
  turn: ThreadTurn,
): Promise<(readonly [string, CodeSum])[]> {
  const people = new Map<string, CodeSum>();
  await inPieces(records, turn, (record) => {
    if (record.actor.kind !== "user") return;
    people.getOrInsertComputed(emailKey(record.actor.email, aliases), () => new CodeSum()).add(record);
  });
  return [...people];
}
