import type { Context } from "../context.ts";
import type { Instant } from "../domain/day.ts";
import type { SpendLimitRow } from "../domain/spend-limit.ts";
import { spendLimits } from "../upstream/endpoints/spend-limits.ts";
import { collectAll, mapPages, pagesOf } from "../upstream/pages/iterate.ts";
import { inParts } from "./in-parts.ts";
import { loader } from "./loader.ts";

/** A limit with the time of its reading. */
export interface SpendLimitReading extends SpendLimitRow {
  readonly readAt: Instant;
}

/** The most ids that upstream takes in one request. */
const MAX_IDS = 100;

/** Reads the limits of some people, or of all members (null), each with the time of its reading. */
export function limitsRead({ upstream }: Context, userIds: readonly string[] | null) {
  return mapPages(pagesOf(upstream, spendLimits, [{ userIds }]), ({ rows, fetchedAt }) =>
    rows.map((row): SpendLimitReading => ({ ...row, readAt: fetchedAt })),
  );
}

/** Limits per Enterprise user id. Null: the person has none, or has left. */
export const limitsOfUser = loader(async (ctx, _params: Record<never, never>, userIds) => {
  const list = {
    endpoint: spendLimits,
    most: MAX_IDS,
    ask: (_all: null, ids: readonly string[] | null) => ({ userIds: ids }),
  };
  const questions = await inParts(ctx, list, [null], userIds);
  const { rows } = await collectAll(questions.map((each) => limitsRead(ctx, each.userIds)));
  const found = new Map<string, SpendLimitReading[]>();
  for (const row of rows) if (row.userId !== null) found.getOrInsertComputed(row.userId, () => []).push(row);
  return found;
});
