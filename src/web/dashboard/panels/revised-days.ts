import { useMemo } from "react";
import { type BucketLength, formatCount, formatDayWithYear, formatNumber } from "../../charts/format.ts";
import type { ResultOf } from "../../client/documents.ts";
import { useDocument } from "../../client/use-document.ts";
import { MOST_ROWS } from "../most-rows.ts";
import { type Place, rangeOf } from "../place.ts";

type Revision = NonNullable<NonNullable<ResultOf<"Revisions">["revisions"]>["nodes"][number]>;

export interface RevisedDays {
  /** A sentence for each day that was revised. */
  readonly sentences: ReadonlyMap<string, string>;
  /** A sentence on days that can be revised without a mark; null: there are none. */
  readonly unmarked: string | null;
}

/** Codes of callers and gateways that have no record of revisions: their charts have no marks. */
const WITHOUT_RECORD = new Set(["NOT_RECORDED", "FORBIDDEN"]);

/** Reads which days of a chart of spend were revised, which takes no upstream request. Only totals of an organization by day are recorded. */
export function useRevisedDays({ period, group, organization }: Place, length: BucketLength): RevisedDays {
  const isRecorded = length === "DAY" && group === null;
  const variables = useMemo(
    () => ({
      range: rangeOf(period),
      first: MOST_ROWS,
      parts: false,
      ...(organization === null ? {} : { organization }),
    }),
    [period, organization],
  );
  const { answer } = useDocument("Revisions", isRecorded ? variables : null);
  const revisions = answer?.data?.revisions;
  const isUnknown = answer?.errors.some(({ extensions }) => !WITHOUT_RECORD.has(extensions?.code ?? ""));
  return {
    sentences: useMemo(
      () => sentencesOf(revisions?.nodes.filter((node) => node !== null) ?? []),
      [revisions],
    ),
    unmarked:
      isUnknown === true
        ? "Whether days were revised could not be read."
        : revisions?.pageInfo.hasNextPage === true
          ? `Only the first ${formatCount(MOST_ROWS)} revisions are marked.`
          : null,
  };
}

function sentencesOf(revisions: readonly Revision[]): ReadonlyMap<string, string> {
  const byDay = Map.groupBy(revisions, ({ day }) => day);
  return new Map([...byDay].map(([day, ofDay]) => [day, sentenceOn(ofDay)]));
}

/** A sentence on the change that the revisions of a day, oldest first, make together. */
function sentenceOn(ofDay: readonly Revision[]): string {
  const [first, last] = [ofDay[0], ofDay.at(-1)];
  if (first === undefined || last === undefined) return "";
  const amount = ({ net }: Revision["before"]) => formatNumber(net.usd, "usd").exact;
  const steps = ofDay.length === 1 ? "" : `, in ${formatCount(ofDay.length)} steps`;
  return `Revised from ${amount(first.before)} to ${amount(last.after)} on ${formatDayWithYear(last.observedAt.slice(0, 10))}${steps}`;
}
