import { useState } from "react";
import { formatCount, formatNumber, MISSING } from "../charts/format.ts";
import { FileLink } from "../client/file-link.tsx";
import { saveFile } from "../client/save-file.ts";
import type { AnswerCell, AnswerColumn } from "./answer-columns.ts";
import { type AnswerTable, sortedRows } from "./answer-tables.ts";
import { csvOf, tsvOf } from "./answer-texts.ts";
import { sumsOf } from "./answer-totals.ts";

/** Rows that are laid out at once, and again at each wish for more; fewer of many columns, since a browser lays out cells. */
const MOST_ROWS = 1_000;
const MOST_CELLS = 10_000;

interface Sorting {
  readonly name: string;
  readonly direction: "ascending" | "descending";
}

/** A list of the answer as a table that can be sorted, copied and saved. */
export function TableView({ table }: { readonly table: AnswerTable }) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [message, setMessage] = useState("");
  const [steps, setSteps] = useState(1);
  const { columns, name, extent, file } = table;
  const place = columns.findIndex((column) => column.name === sorting?.name);
  const rows = sorting === null || place < 0 ? table.rows : sortedRows(table, place, sorting.direction);
  const { sums, note } = sumsOf(table);
  const sort = ({ name, role }: AnswerColumn) => {
    const first = role === "measure" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    setSorting({ name, direction: sorting?.name === name && sorting.direction === first ? other : first });
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(tsvOf(columns, rows));
      setMessage("Copied.");
    } catch {
      setMessage("The browser does not allow to copy. Save the rows as CSV.");
    }
  };
  const step = Math.max(50, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / columns.length)));
  const shown = Math.min(rows.length, step * steps);
  return (
    <>
      <div className="row">
        <p className="view-note">
          {rows.length === 1 ? "1 row" : `${formatCount(rows.length)} rows`}
          {extent === "cut" && ", one page of the list"}
          {shown < rows.length && `; the first ${formatCount(shown)} are shown`}
        </p>
        <span role="status" className="pane-count">
          {message}
        </span>
        <button type="button" className="button quiet" onClick={() => void copy()}>
          Copy
        </button>
        <button
          type="button"
          className="button quiet"
          onClick={() => saveFile(`${name}.csv`, new Blob([csvOf(columns, rows)], { type: "text/csv" }))}
        >
          CSV of these rows
        </button>
        {file !== null && (
          <FileLink href={file} linkClass="button quiet" buttonClass="button quiet">
            CSV of the whole list
          </FileLink>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="answer-table" aria-label={`Rows of ${name}`} tabIndex={0}>
        <table>
          <caption className="visually-hidden">Rows of {name}</caption>
          <thead>
            <tr>
              {columns.map((column, i) => (
                <th
                  key={column.name}
                  scope="col"
                  className={alignment(column)}
                  aria-sort={i === place ? sorting?.direction : "none"}
                >
                  <button type="button" title={column.description} onClick={() => sort(column)}>
                    {column.name}
                    <span aria-hidden="true" className="sort-mark">
                      {i === place ? (sorting?.direction === "ascending" ? "↑" : "↓") : ""}
                    </span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no key that is always selected
              <tr key={i}>
                {columns.map((column, j) => (
                  <Cell key={column.name} cell={row[j] ?? null} column={column} />
                ))}
              </tr>
            ))}
          </tbody>
          {sums.some((each) => each !== null) && (
            <tfoot>
              <tr>
                {columns.map((column, i) => {
                  const total = sums[i] ?? null;
                  if (total !== null) return <Cell key={column.name} cell={total} column={column} />;
                  return i === 0 ? (
                    <th key={column.name} scope="row">
                      Sum of the rows
                    </th>
                  ) : (
                    <td key={column.name} />
                  );
                })}
              </tr>
            </tfoot>
          )}
        </table>
      </section>
      {shown < rows.length && (
        <div className="row">
          <button type="button" className="button" onClick={() => setSteps(steps + 1)}>
            Show {formatCount(Math.min(step, rows.length - shown))} more rows
          </button>
        </div>
      )}
      {note !== "" && <p className="view-note">{note}</p>}
    </>
  );
}

function alignment({ role }: AnswerColumn): string | undefined {
  return role === "measure" ? "numeric" : undefined;
}

function Cell({ cell, column }: { readonly cell: AnswerCell; readonly column: AnswerColumn }) {
  const { short, exact } = formatCell(cell, column);
  return (
    <td className={cell === null ? `${alignment(column) ?? ""} muted` : alignment(column)} title={exact}>
      {short}
    </td>
  );
}

const usd = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const whole = new Intl.NumberFormat("en-US");
const decimals = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 });
const MIDNIGHT = /T00:00:00(\.0+)?Z$/;

function formatCell(
  cell: AnswerCell,
  { kind, role }: AnswerColumn,
): { readonly short: string; readonly exact: string | undefined } {
  if (cell === null) return { short: MISSING, exact: "no value" };
  const text = String(cell) as Intl.StringNumericLiteral;
  switch (kind) {
    case "usd":
      return { short: usd.format(text), exact: formatNumber(text, "usd").exact };
    case "count":
      return { short: whole.format(text), exact: undefined };
    case "number":
      return { short: decimals.format(text), exact: text };
    case "flag":
      return { short: cell === true ? "yes" : "no", exact: undefined };
    case "time":
      return { short: role === "bucket" ? text.replace(MIDNIGHT, "") : text, exact: text };
    default:
      return { short: text, exact: text.length > 24 ? text : undefined };
  }
}
