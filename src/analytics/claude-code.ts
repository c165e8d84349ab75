import type { Context } from "../context.ts";
import type { ClaudeCodeRecord } from "../domain/claude-code.ts";
import {
  type CodeDimension,
  type CodeMeasure,
  type CodeRow,
  codeGroupKey,
  codeMeasures,
  codeMeasuresWithoutCost,
  measureOf,
  NO_CODE_DIMENSIONS,
  rowsOfRecord,
} from "../domain/claude-code-group.ts";
import { type Comparison, rangeBefore } from "../domain/comparison.ts";
import { once } from "../domain/once.ts";
import { inPieces, type ThreadTurn } from "../domain/pieces.ts";
import { type DayRange, isEmpty } from "../domain/range.ts";
import { recordsOfDays } from "../loaders/claude-code.ts";
import { claudeCode } from "../upstream/endpoints/claude-code.ts";
import { earliestDay, windowsOf } from "../upstream/pages/windows.ts";
import { analysed } from "./analysis/analyse.ts";
import type { Analysis } from "./analysis/analysis.ts";
import { setAgainst } from "./analysis/comparison.ts";
import { type Analysed, cellOf, type Figure, type Kind } from "./analysis/figure.ts";
import type { Relations } from "./analysis/relations.ts";
import { runningTotals } from "./analysis/running-totals.ts";
import type { Ranking } from "./ranking.ts";

type CodeFigure = CodeRow & Figure<CodeMeasure>;

/** A group of records in one bucket. */
export type CodeGroup = Analysed<CodeFigure, CodeMeasure>;

/** Query for records. */
export interface CodeAnalysis extends Pick<Analysis<CodeFigure, CodeMeasure>, "bucket" | "top" | "order"> {
  readonly groupBy: readonly CodeDimension[];
  readonly compare: Comparison | null;
  /** Upstream cannot filter. */
  readonly keeps: (record: ClaudeCodeRecord) => boolean;
}

function kindIn({ orgDirectory, viewer }: Context): Kind<CodeFigure, CodeMeasure> {
  const groupOf = (row: CodeFigure) => codeGroupKey(row, orgDirectory.aliases);
  return {
    algebra: viewer.scopes.has("spend:read") ? codeMeasures : codeMeasuresWithoutCost,
    subject: claudeCode.subject,
    groupOf,
    nameOf: groupOf,
    isPiece: () => false,
    ungrouped: (row) => ({ ...row, ...NO_CODE_DIMENSIONS }),
    named: (_row, newer) => newer,
  };
}

export interface AnalysedCode {
  readonly ranking: Ranking<CodeGroup>;
  readonly relations: Relations<CodeGroup, CodeMeasure>;
}

/** The range, and the one it is compared with, where that is covered and has days. */
export function rangesOf(ctx: Context, range: DayRange, compare: Comparison | null): readonly DayRange[] {
  if (compare === null) return [range];
  const before = rangeBefore(compare, range);
  return isEmpty(before) || before.from < earliestDay(claudeCode, ctx.now()) ? [range] : [range, before];
}

/** Adds up the records of the days by group and bucket; each day is one page run. */
export async function analyseCode(
  ctx: Context,
  range: DayRange,
  { groupBy, compare, keeps, ...analysis }: CodeAnalysis,
): Promise<AnalysedCode> {
  const [, covered = null] = rangesOf(ctx, range, compare);
  const [now, before] = await Promise.all([
    recordsOfDays(ctx, range),
    covered && recordsOfDays(ctx, covered),
  ]);
  const kept = now.rows.filter(keeps);
  const keptBefore = before?.rows.filter(keeps) ?? [];
  const { turn } = ctx.upstream;
  const compared = compare && rangeBefore(compare, range);
  const isCompared = before !== null || (compared !== null && isEmpty(compared));
  const against =
    compare && isCompared ? await figuresOf(keptBefore, groupBy, turn, setAgainst(compare, range)) : null;
  const kind = kindIn(ctx);
  const whole = { ...analysis, range, before: against };
  const ranked = await analysed(kind, await figuresOf(kept, groupBy, turn), now.sources, whole, turn);
  const sums = once(() =>
    runningTotals(
      kind,
      ranked.map(({ row }) => row),
      turn,
    ),
  );
  return {
    ranking: { ranked, sources: [...now.sources, ...(before?.sources ?? [])] },
    relations: {
      total: once(() => totalOf(kept, turn)),
      totalBefore: once(() => totalOf(keptBefore, turn)),
      rangeBefore: () =>
        compared === null || isEmpty(compared) ? compared : windowsOf(claudeCode, compared, ctx.now()).range,
      runningTotal: async (group) => (await sums()).get(cellOf(kind, group)) ?? null,
    },
  };
}

/** The rows of records. */
async function figuresOf(
  records: readonly ClaudeCodeRecord[],
  groupBy: readonly CodeDimension[],
  turn: ThreadTurn,
  moved: (row: CodeFigure) => CodeFigure = (row) => row,
): Promise<readonly CodeFigure[]> {
  const figures: CodeFigure[] = [];
  await inPieces(records, turn, (record) => {
    for (const row of rowsOfRecord(record, groupBy)) figures.push(moved(figure(row)));
  });
  return figures;
}

/** The sum of records; null where there are none. */
async function totalOf(records: readonly ClaudeCodeRecord[], turn: ThreadTurn): Promise<CodeMeasure | null> {
  let total: CodeMeasure | null = null;
  await inPieces(records, turn, (record) => {
    const measure = measureOf(record);
    total = total === null ? measure : codeMeasures.plus(total, measure);
  });
  return total;
}

/** How settled a row is depends on its bucket, which it is given next. */
function figure(row: CodeRow): CodeFigure {
  return { ...row, isRemainder: false, state: "OPEN" };
}
