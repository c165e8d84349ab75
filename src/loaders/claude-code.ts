import { emailKey } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { walkOf, wholeOf } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { loader } from "./loader.ts";

/**
 * Claude Code records per lower-cased email over the range, oldest first; one walk per day serves everyone, since upstream
 * filters by nothing. Null: no records, which is not the same as no activity.
 */
export const recordsOfEmail = loader(async ({ upstream, now }, { range }: { range: DayRange }) => {
  const { pieces } = windowsOf(claudeCode, range, now());
  const { rows } = await wholeOf(
    upstream,
    pieces.map((day) => walkOf(upstream, claudeCode, [{ range: day }])),
  );
  return Map.groupBy(rows, ({ actor }) => (actor.kind === "user" ? emailKey(actor.email) : ""));
});
