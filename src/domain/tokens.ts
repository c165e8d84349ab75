import { type Decimal, decimalOf, wholeParts } from "./decimal.ts";
import { ratio } from "./measures.ts";

/** Tokens of one group, by kind. Every figure is additive over time and over groups that do not overlap. */
export interface TokenCounts {
  readonly uncachedInputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreation5mInputTokens: number;
  readonly cacheCreation1hInputTokens: number;
  readonly outputTokens: number;
  readonly webSearchRequests: number;
  /** Null where the source does not count requests. */
  readonly requests: number | null;
}

/** Sums and differences of usages; requests stay unknown when either side's are. */
export const usages = {
  plus: (a: TokenCounts, b: TokenCounts): TokenCounts => combine((x, y) => x + y, a, b),
  minus: (a: TokenCounts, b: TokenCounts): TokenCounts => combine((x, y) => x - y, a, b),
  /** Parts that add up to the whole, see `wholeParts`. */
  split: (a: TokenCounts, count: number): TokenCounts[] =>
    Array.from({ length: count }, (_, i) =>
      combine((whole) => Number(wholeParts(BigInt(whole), count)[i]), a, a),
    ),
  /** Code execution counts requests that have no tokens. */
  isZero: (a: TokenCounts): boolean =>
    totalTokens(a) === 0 && a.webSearchRequests === 0 && (a.requests ?? 0) === 0,
  /** Ranked by tokens of all kinds, then by requests. */
  rank: (a: TokenCounts): Decimal => decimalOf(totalTokens(a)),
  tieRank: ({ requests }: TokenCounts): Decimal | null => (requests === null ? null : decimalOf(requests)),
};

function combine(op: (a: number, b: number) => number, a: TokenCounts, b: TokenCounts): TokenCounts {
  return {
    uncachedInputTokens: op(a.uncachedInputTokens, b.uncachedInputTokens),
    cacheReadInputTokens: op(a.cacheReadInputTokens, b.cacheReadInputTokens),
    cacheCreation5mInputTokens: op(a.cacheCreation5mInputTokens, b.cacheCreation5mInputTokens),
    cacheCreation1hInputTokens: op(a.cacheCreation1hInputTokens, b.cacheCreation1hInputTokens),
    outputTokens: op(a.outputTokens, b.outputTokens),
    webSearchRequests: op(a.webSearchRequests, b.webSearchRequests),
    requests: a.requests === null || b.requests === null ? null : op(a.requests, b.requests),
  };
}

export function inputTokens(usage: TokenCounts): number {
  return (
    usage.uncachedInputTokens +
    usage.cacheReadInputTokens +
    usage.cacheCreation5mInputTokens +
    usage.cacheCreation1hInputTokens
  );
}

export function totalTokens(usage: TokenCounts): number {
  return inputTokens(usage) + usage.outputTokens;
}

/** Share of input tokens read from the prompt cache, 0 to 1; null where there was no input. */
export function cacheReadShare(usage: TokenCounts): Decimal | null {
  return ratio(decimalOf(usage.cacheReadInputTokens), decimalOf(inputTokens(usage)));
}
