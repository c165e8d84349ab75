import type { Unit } from "../../charts/format.ts";
import type { RankedRow } from "../../charts/ranked-row.ts";
import { RankingTable } from "../../charts/ranking.tsx";
import type { DocumentName, ResultOf } from "../../client/documents.ts";
import { Panel, type PanelProps } from "../panel.tsx";

type Shared = "title" | "document" | "variables" | "span" | "file" | "empty";

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
}

/** A panel with the largest of a list. */
export function RankingPanel<Name extends DocumentName>({
  unit,
  heads,
  top,
  rows,
  total,
  ...panel
}: RankingPanelProps<Name>) {
  return (
    <Panel {...panel} height={HEAD_HEIGHT + top * ROW_HEIGHT}>
      {(data) => {
        const present = rows(data)?.filter((row) => row !== null) ?? [];
        return present.length === 0 ? null : (
          <RankingTable
            title={`${panel.title} (${heads[1].toLowerCase()})`}
            unit={unit}
            heads={heads}
            rows={present}
            total={total?.(data) ?? null}
          />
        );
      }}
    </Panel>
  );
}

const HEAD_HEIGHT = 28;
const ROW_HEIGHT = 33;
