import { useMemo, useState } from "react";
import type { UserOrderField } from "../../../../schema/operations/documents.ts";
import { formatCount, formatDayWithYear, MISSING } from "../../charts/format.ts";
import { NumberCell } from "../../charts/number-cell.tsx";
import { Defined, Stat } from "../../charts/stat.tsx";
import { fileLink } from "../../links.ts";
import { definitionOf } from "../define.ts";
import { nameOfPerson } from "../names.ts";
import { Panel } from "../panel.tsx";
import { mostDaysIn, rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";
import type { Rights } from "../viewer.ts";
import type { PlacedPanelProps } from "./active-people.tsx";
import { ActivityCells, ActivityHeads, PersonHead } from "./person-columns.tsx";

const ORDERS = {
  CHAT_MESSAGES: "Most chat messages",
  COWORK_MESSAGES: "Most Cowork messages",
  CODE_SESSIONS: "Most Claude Code sessions",
  COMMITS: "Most commits",
  LINES_ADDED: "Most lines added",
  PULL_REQUESTS: "Most pull requests",
} as const satisfies { readonly [Field in UserOrderField]?: string };

type Order = keyof typeof ORDERS;

/** Rows of the table; all of them are in the file. */
const SHOWN = 50;

/** The people who did most, with activity and spend. */
export function PeopleTable({ place, rights, span }: PlacedPanelProps & { readonly rights: Rights }) {
  const [order, setOrder] = useState<Order>("CHAT_MESSAGES");
  const [isSpendShown, setIsSpendShown] = useState(false);
  const spend = rights.spend && isSpendShown;
  const { period, group } = place;
  const filter = useMemo(() => (group === null ? {} : { filter: { groups: [group] } }), [group]);
  const variables = useMemo(
    () => ({
      range: rangeOf(period),
      orderBy: { field: order },
      first: SHOWN,
      spend,
      ...filter,
    }),
    [period, order, spend, filter],
  );
  return (
    <Panel
      title="People"
      document="PeopleActivity"
      variables={variables}
      span={span}
      height={620}
      file={fileLink("users", { range: variables.range, orderBy: variables.orderBy, ...filter })}
      empty="No activity in this period."
      actions={
        <>
          {rights.spend && (
            <button
              type="button"
              className="button small no-print"
              aria-pressed={isSpendShown}
              onClick={() => setIsSpendShown(!isSpendShown)}
            >
              Spend<span className="visually-hidden"> of people</span>
            </button>
          )}
          <select
            className="field small no-print"
            aria-label="Order of people"
            value={order}
            onChange={({ target }) => setOrder(target.value as Order)}
          >
            {Object.entries(ORDERS).map(([field, label]) => (
              <option key={field} value={field}>
                {label}
              </option>
            ))}
          </select>
        </>
      }
    >
      {({ users }) => {
        const rows = users?.nodes.filter((node) => node !== null) ?? [];
        if (rows.length === 0) return null;
        return (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
            <section className="table-frame tall" aria-label="People and their figures" tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Person</th>
                    <ActivityHeads />
                    {spend && (
                      <th scope="col" className="numeric">
                        <Defined term="Net spend" definition={definitionOf("UserSummary.cost")} isAtEnd />
                      </th>
                    )}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <tr key={row.email ?? row.userId}>
                      <PersonHead name={row.name} email={row.email} />
                      <ActivityCells activity={row.activity} />
                      {spend && <NumberCell unit="usd" value={row.cost?.net.usd} />}
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            {users?.pageInfo.hasNextPage === true && (
              <p className="compare-note">The first {SHOWN} are shown; the file has everyone.</p>
            )}
          </>
        );
      }}
    </Panel>
  );
}

/** Members without activity, and how many members there are. */
export function IdleSeats({ place, rights, span }: PlacedPanelProps & { readonly rights: Rights }) {
  const days = Math.max(1, Math.min(366, mostDaysIn(place.period)));
  const joined = rights.identity;
  const variables = useMemo(() => ({ days, first: 12, spend: false, joined }), [days, joined]);
  return (
    <Panel
      title={`Seats idle for ${days === 1 ? "a day" : `${days} days`}`}
      document="IdleSeats"
      variables={variables}
      span={span}
      height={620}
      file={fileLink("idleSeats", { days })}
      empty="Every member was active."
    >
      {({ idleSeats }) => {
        if (idleSeats === null) return null;
        const rows = idleSeats.nodes.filter((node) => node !== null);
        return (
          <>
            <Stats>
              <Stat
                label="Idle"
                value={idleSeats.totalCount}
                unit="count"
                definition={definitionOf("IdleSeatConnection.totalCount")}
                note={`of ${formatCount(idleSeats.members)} members`}
              />
              <Stat
                label="Active"
                value={idleSeats.activeMembers}
                unit="count"
                definition={definitionOf("IdleSeatConnection.activeMembers")}
              />
            </Stats>
            {rows.length > 0 && (
              <table>
                <caption className="visually-hidden">Members without activity</caption>
                <thead>
                  <tr>
                    <th scope="col">Person</th>
                    {joined && (
                      <th scope="col" className="numeric">
                        Joined
                      </th>
                    )}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row, i) => (
                    <tr key={row.email ?? i}>
                      <th scope="row">{nameOfPerson(row)}</th>
                      {joined && (
                        <td className="numeric muted">
                          {row.joinedAt == null ? MISSING : formatDayWithYear(row.joinedAt.slice(0, 10))}
                        </td>
                      )}
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            {(idleSeats.totalCount ?? 0) > rows.length && (
              <p className="compare-note">The first {rows.length} are shown; the file has everyone.</p>
            )}
          </>
        );
      }}
    </Panel>
  );
}
