import { formatAmount, formatCount, formatDay, MISSING } from "../../charts/format.ts";
import { Defined } from "../../charts/stat.tsx";
import type { ResultOf } from "../../client/documents.ts";
import { fileLink } from "../../links.ts";
import { definitionOf } from "../define.ts";
import { nameOfPerson, sentenceCase } from "../names.ts";
import { Panel, type PanelProps } from "../panel.tsx";
import { ShareOf } from "./share-of.tsx";

type Span = PanelProps<"SpendLimits">["span"];
type Limit = NonNullable<NonNullable<ResultOf<"SpendLimits">["spendLimits"]>["nodes"][number]>;

/** Rows of the table; all of them are in the file. */
const SHOWN = 25;
const CLOSEST = { first: SHOWN };

/** The people closest to their spend limit. */
export function SpendLimits({ span }: { readonly span: Span }) {
  return (
    <Panel
      title="Spend limits, closest first"
      onDemand="Show the people closest to their limit"
      document="SpendLimits"
      variables={CLOSEST}
      span={span}
      height={480}
      file={fileLink("spendLimits", { filter: { states: ["BELOW", "REACHED", "UNKNOWN"] } })}
      empty="No person has a spend limit."
    >
      {({ spendLimits }) => {
        const rows = spendLimits?.nodes.filter((node) => node !== null) ?? [];
        if (spendLimits === null || rows.length === 0) return null;
        return (
          <>
            {spendLimits.isReadingOutage === true && (
              <p className="absences">
                Upstream reads 0 for everyone, so spend could not be read. It is not shown as room.
              </p>
            )}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
            <section className="table-frame tall" aria-label="Spend limits of people" tabIndex={0}>
              <LimitTable
                caption="Spend limits of people"
                limits={rows.map((row) => ({ ...row, of: row.user }))}
              />
            </section>
            <p className="compare-note">
              {spendLimits.pageInfo.hasNextPage && `The first ${SHOWN} are shown; the file has everyone. `}
              {spendLimits.unlimited > 0 && `${formatCount(spendLimits.unlimited)} without a limit.`}
            </p>
          </>
        );
      }}
    </Panel>
  );
}

const MINE = {};

/** The reader's own limits. */
export function MySpendLimits({ span }: { readonly span: Span }) {
  return (
    <Panel
      title="Spend limits"
      document="MySpendLimits"
      variables={MINE}
      span={span}
      height={96}
      answerRows="user.spendLimits"
    >
      {({ user }) => {
        const limits = user?.spendLimits ?? [];
        return limits.length === 0 ? null : <LimitTable caption="Your spend limits" limits={limits} />;
      }}
    </Panel>
  );
}

interface LimitRow extends Omit<Limit, "user" | "comparison" | "source"> {
  readonly source: {
    readonly level: Limit["source"]["level"];
    readonly group?: { readonly name: string | null } | null;
    readonly seatTier?: string | null;
  };
  readonly comparison?: Limit["comparison"];
  /** The person, in a list of several people. */
  readonly of?: Limit["user"];
}

function LimitTable({ caption, limits }: { readonly caption: string; readonly limits: readonly LimitRow[] }) {
  const hasPeople = limits.some(({ of }) => of !== undefined);
  return (
    <table>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {hasPeople && <th scope="col">Person</th>}
          <th scope="col">Period</th>
          <th scope="col" className="numeric">
            <Defined term="Spent" definition={definitionOf("SpendLimit.spent")} />
          </th>
          <th scope="col" className="numeric">
            <Defined term="Limit" definition={definitionOf("SpendLimit.limit")} />
          </th>
          <th scope="col" className="share-of">
            <span className="visually-hidden">Share of the limit</span>
          </th>
          <th scope="col">From</th>
          <th scope="col">
            <Defined term="Resets" definition={definitionOf("SpendLimit.resetsAt")} isAtEnd />
          </th>
        </tr>
      </thead>
      <tbody>
        {limits.map((row, i) => (
          <tr key={`${row.of?.email ?? i} ${row.period}`}>
            {hasPeople && (
              <th scope="row">
                {row.of == null ? "Deleted account" : nameOfPerson(row.of)}
                {row.of?.name != null && row.of.email !== null && (
                  <span className="ranking-detail">{row.of.email}</span>
                )}
              </th>
            )}
            <td className="muted">{sentenceCase(row.period)}</td>
            <td className="numeric">{spentOf(row)}</td>
            <td className="numeric">{row.limit === null ? "None" : formatAmount(row.limit)}</td>
            <ShareOf share={row.share} isSerious={row.state === "REACHED"} />
            <td className="muted">{sourceOf(row)}</td>
            <td className="muted">{row.resetsAt === null ? MISSING : formatDay(row.resetsAt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The amount spent. Upstream reads 0 also where it could not read; the cost reports say which it is. */
function spentOf({ spent, limit, comparison }: LimitRow): string {
  if (spent !== null) return formatAmount({ amount: spent.amount, currency: limit?.currency ?? "USD" });
  return comparison?.reading === "NOTHING_SPENT" ? "Nothing" : "Not known";
}

function sourceOf({ source: { level, group, seatTier } }: LimitRow): string {
  switch (level) {
    case "GROUP":
      return group?.name ?? "Group";
    case "SEAT_TIER":
      return seatTier == null ? "Seat tier" : sentenceCase(seatTier);
    case "OWN":
      return "Own";
    default:
      return sentenceCase(level);
  }
}
