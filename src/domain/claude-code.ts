import type { ToolActionCounts } from "./activity.ts";
import type { Day } from "./day.ts";
import { type MoneyAmount, NO_MONEY, plusMoney } from "./money.ts";

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

/** Adds up records one by one: what a tool or a model comes to is added to, not merged anew for each record. */
export class CodeSum {
  readonly #counts = { sessions: 0, commits: 0, pullRequests: 0, linesAdded: 0, linesRemoved: 0 };
  readonly #tools = new Map<string, ToolActionCounts>();
  readonly #models = new Map<string, CodeModel>();

  add(record: CodeTotals): void {
    this.#counts.sessions += record.sessions;
    this.#counts.commits += record.commits;
    this.#counts.pullRequests += record.pullRequests;
    this.#counts.linesAdded += record.linesAdded;
    this.#counts.linesRemoved += record.linesRemoved;
    for (const tool of record.toolActions) addTool(this.#tools, tool);
    for (const model of record.models) addTo(this.#models, model.model, model, plusModel);
  }

  get totals(): CodeTotals {
    return {
      ...this.#counts,
      toolActions: [...this.#tools.values()],
      models: [...this.#models.values()],
    };
  }
}

/** Sums of records, and their number. */
export interface SumOfRecords extends CodeTotals {
  readonly records: number;
}

/** Null where there are none. */
export function sumOfRecords(records: readonly CodeTotals[]): SumOfRecords | null {
  if (records.length === 0) return null;
  const sum = new CodeSum();
  for (const record of records) sum.add(record);
  return { ...sum.totals, records: records.length };
}

/** The estimate over all models. */
export function estimatedCost(totals: CodeTotals): MoneyAmount {
  const [first = NO_MONEY, ...rest] = totals.models.map((model) => model.estimated);
  return Object.freeze(rest.reduce(plusMoney, first));
}

/** Adds the proposals of a tool to those of its name. */
export function addTool(tools: Map<string, ToolActionCounts>, tool: ToolActionCounts): void {
  addTo(tools, tool.tool, tool, (a, b) => ({
    tool: a.tool,
    accepted: a.accepted + b.accepted,
    rejected: a.rejected + b.rejected,
  }));
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

function addTo<T>(sums: Map<string, T>, key: string, item: T, plus: (a: T, b: T) => T): void {
  const before = sums.get(key);
  sums.set(key, before === undefined ? item : plus(before, item));
}
