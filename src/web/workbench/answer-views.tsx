import { pick, useGraphiQL } from "@graphiql/react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { formatCount } from "../charts/format.ts";
import type { GatewayAnswer } from "./answer.ts";
import { chartOf, measuresIn, numbersOf } from "./answer-chart.ts";
import { type AnswerTable, tablesOf } from "./answer-tables.ts";
import { ChartView, NumbersView } from "./chart-view.tsx";
import { TableView } from "./table-view.tsx";

const VIEWS = ["JSON", "Table", "Chart"] as const;

export type AnswerView = (typeof VIEWS)[number];

interface ViewTabsProps {
  readonly id: string;
  readonly view: AnswerView;
  readonly onChoose: (view: AnswerView) => void;
}

/** Tabs for the forms of an answer; the arrow keys go from one to the next. */
export function ViewTabs({ id, view, onChoose }: ViewTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const press = (event: KeyboardEvent) => {
    const at = VIEWS.indexOf(view);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + VIEWS.length) % VIEWS.length;
    onChoose(VIEWS[next] ?? view);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div ref={list} role="tablist" aria-label="Form of the answer" className="view-tabs" onKeyDown={press}>
      {VIEWS.map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          id={`${id}-${each}`}
          className="button quiet"
          aria-selected={each === view}
          {...(each === "JSON" ? {} : { "aria-controls": `${id}-view` })}
          tabIndex={each === view ? 0 : -1}
          onClick={() => onChoose(each)}
        >
          {each}
        </button>
      ))}
    </div>
  );
}

interface ViewPanelProps {
  readonly id: string;
  readonly view: AnswerView;
  readonly answer: GatewayAnswer | null;
}

/** The answer in another form than JSON, which the editor shows. */
export function ViewPanel({ id, view, answer }: ViewPanelProps) {
  const { schema } = useGraphiQL(pick("schema"));
  const select = useId();
  const [chosen, setChosen] = useState("");
  const tables = useMemo(() => (schema && answer ? tablesOf(schema, answer) : []), [schema, answer]);
  const numbers = useMemo(() => (schema && answer ? numbersOf(schema, answer) : []), [schema, answer]);
  if (view === "JSON") return null;
  const hasNumbers = view === "Chart" && numbers.length > 0;
  const first =
    view === "Table" ? tables[0] : (tables.find(isDrawable) ?? (hasNumbers ? undefined : tables[0]));
  const isOfNumbers = hasNumbers && (chosen === NUMBERS || first === undefined);
  const table = isOfNumbers ? undefined : (tables.find(({ name }) => name === chosen) ?? first);
  return (
    <div role="tabpanel" id={`${id}-view`} aria-labelledby={`${id}-${view}`} className="view">
      {answer === null ? (
        <p className="view-note">Run a query to see its answer here.</p>
      ) : table === undefined && !isOfNumbers ? (
        <p className="view-note">
          {view === "Table"
            ? "This answer has no list, so there is no table of it."
            : "No chart: this answer has neither a list nor an amount or count."}
        </p>
      ) : (
        <>
          {tables.length + Number(hasNumbers) > 1 && (
            <div className="row">
              <label htmlFor={select}>Of</label>
              <select
                id={select}
                className="field"
                value={isOfNumbers ? NUMBERS : table?.name}
                onChange={({ target }) => setChosen(target.value)}
              >
                {tables.map(({ name, rows }) => (
                  <option key={name} value={name}>
                    {name} ({formatCount(rows.length)})
                  </option>
                ))}
                {hasNumbers && (
                  <option value={NUMBERS}>single numbers ({formatCount(numbers.length)})</option>
                )}
              </select>
            </div>
          )}
          {isOfNumbers && <NumbersView numbers={numbers} />}
          {table !== undefined &&
            (view === "Table" ? (
              <TableView key={table.name} table={table} />
            ) : (
              <ChartView key={table.name} table={table} answer={answer} />
            ))}
        </>
      )}
    </div>
  );
}

/** Choice of the numbers in no list; no list has this name, since names in an answer have no spaces. */
const NUMBERS = "single numbers";

function isDrawable(table: AnswerTable): boolean {
  return measuresIn(table).some((each) => chartOf(table, each).kind !== "none");
}
