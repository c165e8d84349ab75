import {
  DocExplorerStore,
  FieldDocumentation,
  SchemaDocumentation,
  TypeDocumentation,
  useDocExplorer,
  useDocExplorerActions,
} from "@graphiql/plugin-doc-explorer";
import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { isType } from "graphql";
import { useDeferredValue, useId, useMemo, useState } from "react";
import { formatCount } from "../charts/format.ts";
import { type BuildTarget, buildTargets, chooseTarget } from "./builder/build-targets.ts";
import { firstSentences } from "./builder/legal.ts";
import { foundEntries, type SchemaEntry, schemaEntries } from "./schema-search.ts";

/** More results than a reader looks through. */
const MOST_RESULTS = 50;

/** Keeps the place in the schema while other panes are open, and follows the editor to definitions. */
export function SchemaStore() {
  return <DocExplorerStore>{null}</DocExplorerStore>;
}

/** The manual of the schema, with a search in names and descriptions. */
export function SchemaPane() {
  const { schema, isIntrospecting, fetchError } = useGraphiQL(
    pick("schema", "isIntrospecting", "fetchError"),
  );
  const stack = useDocExplorer();
  const { push, pop } = useDocExplorerActions();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search);
  const id = useId();
  const entries = useMemo(() => (schema ? schemaEntries(schema) : []), [schema]);
  const targets = useMemo(() => (schema ? buildTargets(schema) : new Map()), [schema]);
  const found = useMemo(() => (wanted.trim() === "" ? [] : foundEntries(entries, wanted)), [entries, wanted]);
  const item = stack.at(-1);
  const before = stack.at(-2);
  const show = ({ type, field, name }: SchemaEntry) => {
    setSearch("");
    push(field === null ? { name: type.name, def: type } : { name: name.replace(/\(.*$/, ""), def: field });
  };
  if (!schema)
    return (
      <div className="pane">
        <h2>Schema</h2>
        <p role="status" className="muted">
          {isIntrospecting || fetchError === null ? "Reading the schema …" : "The schema could not be read."}
        </p>
      </div>
    );
  const def = item?.def;
  const target = def === undefined || isType(def) ? undefined : targets.get(def);
  return (
    <div className="pane schema-pane">
      <h2>Schema</h2>
      <input
        type="search"
        className="field wide graphiql-doc-explorer-search-input"
        placeholder="Search names and descriptions"
        aria-label="Search the schema"
        aria-controls={id}
        value={search}
        onClick={({ currentTarget }) => currentTarget.focus()}
        onChange={({ target: input }) => setSearch(input.value)}
      />
      <p className="pane-count" role="status">
        {wanted.trim() === ""
          ? ""
          : found.length > MOST_RESULTS
            ? `${formatCount(found.length)} found, the best ${MOST_RESULTS} are shown`
            : `${formatCount(found.length)} found`}
      </p>
      <div id={id}>
        {wanted.trim() !== "" ? (
          <ul className="questions">
            {found.slice(0, MOST_RESULTS).map((entry) => (
              <li key={entry.name}>
                <button type="button" onClick={() => show(entry)}>
                  <span className="question-name">{entry.name}</span>
                  <span className="question-text">{firstSentences(entry.description, 1)}</span>
                  {entry.isFile && <span className="question-cost">Also as a CSV file under /export/</span>}
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <section className="graphiql-doc-explorer" aria-label={item?.name ?? "Schema"}>
            <div className="row">
              {before !== undefined && (
                <button type="button" className="button quiet" onClick={pop}>
                  ← {before.name}
                </button>
              )}
              <h3>{item?.name}</h3>
            </div>
            {target !== undefined && <BuildButton target={target} />}
            <div className="graphiql-doc-explorer-content">
              {def === undefined ? (
                <SchemaDocumentation schema={schema} />
              ) : isType(def) ? (
                <TypeDocumentation type={def} />
              ) : (
                <FieldDocumentation field={def} />
              )}
            </div>
          </section>
        )}
      </div>
    </div>
  );
}

function BuildButton({ target }: { readonly target: BuildTarget }) {
  const { setVisiblePlugin } = useGraphiQLActions();
  return (
    <div className="row">
      <button
        type="button"
        className="button"
        onClick={() => {
          chooseTarget(target);
          setVisiblePlugin("Builder");
        }}
      >
        Build a query with it
      </button>
    </div>
  );
}
