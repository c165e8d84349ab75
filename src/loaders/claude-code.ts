import type { Context } from "../context.ts";
import type { ClaudeCodeRecord } from "../domain/claude-code.ts";
import { emailKey } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { type Whole, walkOf, wholeOf } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { loader } from "./loader.ts";

/**
 * Claude Code records per `emailKey` over the range, oldest first; one walk per day serves everyone, since upstream
 * filters by nothing. Null: no records, which is not the same as no activity.
 */
export const recordsOfEmail = loader(async (ctx, { range }: { range: DayRange }) => {
  const { rows } = await recordsOfDays(ctx, range);
  return Map.groupBy(rows, ({ actor }) =>
    actor.kind === "user" ? emailKey(actor.email, ctx.roster.aliases) : "",
  );
});

/** All records of the days, and how old they are. */
export function recordsOfDays({ upstream, now }: Context, range: DayRange): Promise<Whole<ClaudeCodeRecord>> {
  const { pieces } = windowsOf(claudeCode, range, now());
  return wholeOf(pieces.map((day) => walkOf(upstream, claudeCode, [{ range: day }])));
}
