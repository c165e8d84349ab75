import { pick, useGraphiQL } from "@graphiql/react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import type { GatewayAnswer } from "./answer.ts";
import { tablesOf } from "./answer-tables.ts";
import { TableView } from "./table-view.tsx";

const VIEWS = ["JSON", "Table"] as const;

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
  if (view === "JSON") return null;
  const table = tables.find(({ name }) => name === chosen) ?? tables[0];
  return (
    <div role="tabpanel" id={`${id}-view`} aria-labelledby={`${id}-${view}`} className="view">
      {answer === null ? (
        <p className="view-note">Run a query to see its answer here.</p>
      ) : table === undefined ? (
        <p className="view-note">This answer has no list, so there is no table of it.</p>
      ) : (
        <>
          {tables.length > 1 && (
            <div className="row">
              <label htmlFor={select}>List</label>
              <select
                id={select}
                className="field"
                value={table.name}
                onChange={({ target }) => setChosen(target.value)}
              >
                {tables.map(({ name, rows }) => (
                  <option key={name} value={name}>
                    {name} ({rows.length})
                  </option>
                ))}
              </select>
            </div>
          )}
          <TableView key={table.name} table={table} />
        </>
      )}
    </div>
  );
}
