import { formatRange, type Unit } from "../../charts/format.ts";
import type { RankedRow } from "../../charts/ranked-row.ts";
import { RankingTable } from "../../charts/ranking.tsx";
import type { DocumentName, ResultOf } from "../../client/documents.ts";
import type { AnswerError } from "../../client/run-document.ts";
import { Panel, type PanelProps } from "../panel.tsx";
import type { DaySpan } from "../place.ts";

type Shared =
  | "title"
  | "document"
  | "variables"
  | "span"
  | "file"
  | "answerRows"
  | "empty"
  | "actions"
  | "part"
  | "isExplained"
  | "isOptional";

export interface RankingPanelProps<Name extends DocumentName> extends Pick<PanelProps<Name>, Shared> {
  readonly unit: Unit;
  /** Column heads: of the things, and of their value. */
  readonly heads: readonly [thing: string, value: string];
  /** Most rows. Their height is reserved while the panel loads. */
  readonly top: number;
  /** Largest first. A row that the answer lacks is left out. */
  readonly rows: (data: ResultOf<Name>) => readonly (RankedRow | null)[] | undefined;
  /** The whole of which each value is a part. */
  readonly total?: (data: ResultOf<Name>) => string | null | undefined;
  /** Days that the rows are compared with; null or undefined: not compared. */
  readonly comparedWith?: (data: ResultOf<Name>) => DaySpan | null | undefined;
  /** True if rows have a second line. */
  readonly hasDetails?: boolean;
  /** Sentence below the rows; null: there is nothing to add. */
  readonly note?: (data: ResultOf<Name>, errors: readonly AnswerError[]) => string | null;
}

/** A panel with the largest of a list. */
export function RankingPanel<Name extends DocumentName>({
  unit,
  heads,
  top,
  rows,
  total,
  comparedWith,
  hasDetails = false,
  note,
  ...panel
}: RankingPanelProps<Name>) {
  return (
    <Panel {...panel} height={HEAD_HEIGHT + top * (hasDetails ? DETAILED_ROW_HEIGHT : ROW_HEIGHT)}>
      {(data, errors) => {
        const present = rows(data)?.filter((row) => row !== null) ?? [];
        if (present.length === 0) return null;
        const before = comparedWith?.(data) ?? null;
        const sentence = note?.(data, errors) ?? null;
        return (
          <>
            <RankingTable
              title={`${panel.title} (${heads[1].toLowerCase()})`}
              unit={unit}
              heads={heads}
              rows={present}
              total={total?.(data) ?? null}
              compared={before === null ? null : "Before"}
            />
            {before !== null && <p className="compare-note">Before: {formatRange(before)}</p>}
            {sentence !== null && <p className="compare-note">{sentence}</p>}
          </>
        );
      }}
    </Panel>
  );
}

const HEAD_HEIGHT = 28;
const ROW_HEIGHT = 33;
const DETAILED_ROW_HEIGHT = 43;
