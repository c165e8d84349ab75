import type { ToolActionCounts } from "./activity.ts";
import type { Day } from "./day.ts";
import { ZERO } from "./decimal.ts";
import { type MoneyAmount, plusMoney } from "./money.ts";

/**
 * One actor's Claude Code activity on one UTC day for one combination of terminal, local or remote, and customer type.
 * An actor has several records on most days; all counts are additive over records and days.
 */
export interface ClaudeCodeRecord extends CodeTotals {
  readonly date: Day;
  readonly actor: CodeActor;
  readonly organizationId: string;
  readonly customerType: string;
  readonly terminalType: string | null;
  readonly subscriptionType: string | null;
  readonly isRemote: boolean | null;
}

/** People are known by email and keys by name only; neither is an id. */
export type CodeActor =
  | { readonly kind: "user"; readonly email: string }
  | { readonly kind: "apiKey"; readonly name: string }
  | { readonly kind: "unknown"; readonly type: string };

export interface CodeTotals {
  readonly sessions: number;
  readonly commits: number;
  readonly pullRequests: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  readonly toolActions: readonly ToolActionCounts[];
  readonly models: readonly CodeModel[];
}

export interface CodeModel {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  /** Upstream's estimate of the cost; not the bill. */
  readonly estimated: MoneyAmount;
}

export function plusTotals(a: CodeTotals, b: CodeTotals): CodeTotals {
  return {
    sessions: a.sessions + b.sessions,
    commits: a.commits + b.commits,
    pullRequests: a.pullRequests + b.pullRequests,
    linesAdded: a.linesAdded + b.linesAdded,
    linesRemoved: a.linesRemoved + b.linesRemoved,
    toolActions: plusTools(a.toolActions, b.toolActions),
    models: mergeBy((model) => model.model, plusModel, a.models, b.models),
  };
}

/** Sums of records, and their number. */
export interface SumOfRecords extends CodeTotals {
  readonly records: number;
}

/** Null where there are none. */
export function sumOfRecords(records: readonly CodeTotals[]): SumOfRecords | null {
  const [first, ...others] = records;
  return first === undefined ? null : { ...others.reduce(plusTotals, first), records: records.length };
}

/** The estimate over all models. */
export function estimatedCost(totals: CodeTotals): MoneyAmount {
  const [first = { cents: ZERO, currency: "USD" }, ...rest] = totals.models.map((model) => model.estimated);
  return rest.reduce(plusMoney, first);
}

/** Proposals per tool, of two together. */
export function plusTools(
  a: readonly ToolActionCounts[],
  b: readonly ToolActionCounts[],
): ToolActionCounts[] {
  const plus = (x: ToolActionCounts, y: ToolActionCounts) => ({
    tool: x.tool,
    accepted: x.accepted + y.accepted,
    rejected: x.rejected + y.rejected,
  });
  return mergeBy((tool) => tool.tool, plus, a, b);
}

function plusModel(a: CodeModel, b: CodeModel): CodeModel {
  return {
    model: a.model,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheCreationTokens: a.cacheCreationTokens + b.cacheCreationTokens,
    estimated: plusMoney(a.estimated, b.estimated),
  };
}

function mergeBy<T>(
  key: (item: T) => string,
  plus: (a: T, b: T) => T,
  ...lists: readonly (readonly T[])[]
): T[] {
  const merged = new Map<string, T>();
  for (const item of lists.flat()) {
    const before = merged.get(key(item));
    merged.set(key(item), before === undefined ? item : plus(before, item));
  }
  return [...merged.values()];
}
