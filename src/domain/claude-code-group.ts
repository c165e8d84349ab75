import type { ToolActionCounts } from "./activity.ts";
import type { Span } from "./bucket.ts";
import { type ClaudeCodeRecord, type CodeActor, type CodeModel, estimatedCost } from "./claude-code.ts";
import { addDays, startOf } from "./day.ts";
import { type Decimal, decimalOf } from "./decimal.ts";
import { type MoneyAmount, minusMoney, plusMoney } from "./money.ts";
import { type Aliases, emailKey } from "./organization.ts";

/** Dimensions of Claude Code records. */
export const CODE_DIMENSIONS = ["ACTOR", "USER", "MODEL", "MODEL_SET", "TERMINAL", "CUSTOMER_TYPE"] as const;

export type CodeDimension = (typeof CODE_DIMENSIONS)[number];

/** Who or what a row is about. Null: not requested, or requested and without a value. */
export interface CodeDimensions {
  readonly actor: CodeActor | null;
  readonly model: string | null;
  /** The models that a record used, by name. Work belongs to one set, so it is counted once. */
  readonly modelSet: readonly string[] | null;
  readonly terminalType: string | null;
  readonly customerType: string | null;
}

export const NO_CODE_DIMENSIONS: CodeDimensions = {
  actor: null,
  model: null,
  modelSet: null,
  terminalType: null,
  customerType: null,
};

/** Actions, which records count for all models together. */
export interface CodeWork {
  readonly records: number;
  readonly sessions: number;
  readonly commits: number;
  readonly pullRequests: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Proposals of all tools. */
  readonly accepted: number;
  readonly rejected: number;
}

type CodeTokens = Pick<CodeModel, "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheCreationTokens">;

/** Totals of the records of a group; additive over records, days and people. */
export interface CodeMeasure {
  /** Null where rows are split by model. */
  readonly work: CodeWork | null;
  /** Proposals per tool, by its name. Null where rows are split by model. */
  readonly toolActions: readonly ToolActionCounts[] | null;
  readonly tokens: CodeTokens;
  /** Upstream's estimate of the cost; not the bill. */
  readonly estimated: MoneyAmount;
}

/** A record, or what one model was for it, under the dimensions requested. */
export interface CodeRow extends CodeDimensions, Span {
  readonly measure: CodeMeasure;
}

export function rowsOfRecord(record: ClaudeCodeRecord, groupBy: readonly CodeDimension[]): CodeRow[] {
  const has = (dimension: CodeDimension) => groupBy.includes(dimension);
  const isNamed = has("ACTOR") || (has("USER") && record.actor.kind === "user");
  const row = {
    ...NO_CODE_DIMENSIONS,
    actor: isNamed ? record.actor : null,
    modelSet: has("MODEL_SET") ? [...new Set(record.models.map(({ model }) => model))].sort() : null,
    terminalType: has("TERMINAL") ? record.terminalType : null,
    customerType: has("CUSTOMER_TYPE") ? record.customerType : null,
    from: startOf(record.date),
    until: startOf(addDays(record.date, 1)),
  };
  if (!has("MODEL")) return [{ ...row, measure: measureOf(record) }];
  return record.models.map(({ model, estimated, ...tokens }) => ({
    ...row,
    model,
    measure: { work: null, toolActions: null, tokens, estimated },
  }));
}

/** The totals of one record. */
export function measureOf(record: ClaudeCodeRecord): CodeMeasure {
  const { sessions, commits, pullRequests, linesAdded, linesRemoved, toolActions, models } = record;
  let [accepted, rejected] = [0, 0];
  for (const tool of toolActions) {
    accepted += tool.accepted;
    rejected += tool.rejected;
  }
  return {
    work: { records: 1, sessions, commits, pullRequests, linesAdded, linesRemoved, accepted, rejected },
    toolActions: toolActions.toSorted(byTool),
    tokens: models.reduce<CodeTokens>((sum, model) => combineTokens(add, sum, model), NO_TOKENS),
    estimated: estimatedCost(record),
  };
}

const NO_TOKENS: CodeTokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheCreationTokens: 0 };

type Combine = (x: number, y: number) => number;

const add: Combine = (x, y) => x + y;
const subtract: Combine = (x, y) => x - y;

// Figure by figure, since both are made for each record of a range.
function combineWork(op: Combine, a: CodeWork, b: CodeWork): CodeWork {
  return {
    records: op(a.records, b.records),
    sessions: op(a.sessions, b.sessions),
    commits: op(a.commits, b.commits),
    pullRequests: op(a.pullRequests, b.pullRequests),
    linesAdded: op(a.linesAdded, b.linesAdded),
    linesRemoved: op(a.linesRemoved, b.linesRemoved),
    accepted: op(a.accepted, b.accepted),
    rejected: op(a.rejected, b.rejected),
  };
}

function combineTokens(op: Combine, a: CodeTokens, b: CodeTokens): CodeTokens {
  return {
    inputTokens: op(a.inputTokens, b.inputTokens),
    outputTokens: op(a.outputTokens, b.outputTokens),
    cacheReadTokens: op(a.cacheReadTokens, b.cacheReadTokens),
    cacheCreationTokens: op(a.cacheCreationTokens, b.cacheCreationTokens),
  };
}

function byTool(a: ToolActionCounts, b: ToolActionCounts): number {
  return a.tool < b.tool ? -1 : a.tool > b.tool ? 1 : 0;
}

/** Merges two lists by tool, which stay in the order of names. */
function combineTools(
  op: Combine,
  a: readonly ToolActionCounts[],
  b: readonly ToolActionCounts[],
): readonly ToolActionCounts[] {
  const merged: ToolActionCounts[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined && right === undefined) return merged;
    const order = left === undefined ? 1 : right === undefined ? -1 : byTool(left, right);
    const [own, other] = [order <= 0 ? left : undefined, order >= 0 ? right : undefined];
    if (own !== undefined) i++;
    if (other !== undefined) j++;
    merged.push({
      tool: (own ?? other)?.tool ?? "",
      accepted: op(own?.accepted ?? 0, other?.accepted ?? 0),
      rejected: op(own?.rejected ?? 0, other?.rejected ?? 0),
    });
  }
}

/** Sums and differences; work stays unknown when either side's is. */
export const codeMeasures = {
  plus: (a: CodeMeasure, b: CodeMeasure): CodeMeasure => ({
    work: a.work && b.work && combineWork(add, a.work, b.work),
    toolActions: a.toolActions && b.toolActions && combineTools(add, a.toolActions, b.toolActions),
    tokens: combineTokens(add, a.tokens, b.tokens),
    estimated: plusMoney(a.estimated, b.estimated),
  }),
  minus: (a: CodeMeasure, b: CodeMeasure): CodeMeasure => ({
    work: a.work && b.work && combineWork(subtract, a.work, b.work),
    toolActions: a.toolActions && b.toolActions && combineTools(subtract, a.toolActions, b.toolActions),
    tokens: combineTokens(subtract, a.tokens, b.tokens),
    estimated: minusMoney(a.estimated, b.estimated),
  }),
  /** Ranked by estimated cost, then by tokens. */
  rank: ({ estimated }: CodeMeasure): Decimal => estimated.cents,
  tieRank: allTokens,
};

/** Groups ranked by tokens, for viewers who may not read cost: an order by cost would reveal it. */
export const codeMeasuresWithoutCost = {
  ...codeMeasures,
  rank: allTokens,
};

function allTokens({ tokens }: CodeMeasure): Decimal {
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens } = tokens;
  return decimalOf(inputTokens + outputTokens + cacheReadTokens + cacheCreationTokens);
}

/** A figure of the work, or of the tokens, by name. */
export function countOf(
  { work, tokens }: CodeMeasure,
  name: keyof CodeWork | keyof CodeTokens,
): Decimal | null {
  const count = { ...tokens, ...work }[name];
  return count === undefined ? null : decimalOf(count);
}

/** Two rows are about the same group when this is equal: addresses of one person are one. */
export function codeGroupKey(
  { actor, model, modelSet, terminalType, customerType }: CodeDimensions,
  aliases: Aliases,
): string {
  const who = actor?.kind === "user" ? { ...actor, email: emailKey(actor.email, aliases) } : actor;
  return JSON.stringify([who, model, terminalType, customerType, modelSet]);
}
