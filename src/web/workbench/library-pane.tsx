import { useId, useRef, useState } from "react";
import { formatCount } from "../charts/format.ts";
import { saveFile } from "../client/save-file.ts";
import { LIBRARY_SUBJECTS, type LibraryQuery } from "./library.ts";
import { LIBRARY } from "./library-documents.ts";
import {
  exportedQueries,
  importedQueries,
  renamedQuery,
  type SavedQuery,
  storedQueries,
  storeQueries,
  withoutQuery,
  withQueries,
} from "./saved-queries.ts";
import { matchOf } from "./search-terms.ts";
import { useCurrentQuery, useOpenQuery } from "./use-tabs.ts";

/** The query library by subject, and the reader's own queries. */
export function LibraryPane() {
  const [search, setSearch] = useState("");
  const open = useOpenQuery();
  const id = useId();
  const found = LIBRARY.map((query) => ({ query, match: matchOf(search, searchedOf(query)) }))
    .filter(({ match }) => match > 0)
    .sort((a, b) => (search === "" ? 0 : b.match - a.match))
    .map(({ query }) => query);
  return (
    <div className="pane">
      <h2>Library</h2>
      <input
        type="search"
        className="field wide"
        placeholder="Search questions: spend, DAU, csv …"
        aria-label="Search the library"
        aria-controls={id}
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      <p className="pane-count" role="status">
        {search === "" ? `${LIBRARY.length} questions` : `${found.length} of ${LIBRARY.length} questions`}
      </p>
      <div id={id}>
        {search !== "" ? (
          <Questions queries={found} onOpen={open} />
        ) : (
          <>
            <SavedQueries />
            {LIBRARY_SUBJECTS.map((subject) => {
              const queries = found.filter((query) => query.subject === subject);
              return (
                queries.length > 0 && (
                  <section key={subject} aria-label={subject}>
                    <h3>{subject}</h3>
                    <Questions queries={queries} onOpen={open} />
                  </section>
                )
              );
            })}
          </>
        )}
      </div>
    </div>
  );
}

function searchedOf({ name, question, notes, subject, text }: LibraryQuery) {
  // Every question of the library is also a file, so that readers who look for one find all of them last.
  return [
    [name, 8],
    [question, 6],
    [subject, 4],
    [notes, 3],
    [text, 2],
    ["csv file export", 1],
  ] as const;
}

interface QuestionsProps {
  readonly queries: readonly LibraryQuery[];
  readonly onOpen: (query: { query: string; variables: string }) => void;
}

function Questions({ queries, onOpen }: QuestionsProps) {
  if (queries.length === 0) return <p className="muted">No question of the library has these words.</p>;
  return (
    <ul className="questions">
      {queries.map(({ name, question, notes, requests, text }) => (
        <li key={name}>
          <button
            type="button"
            title={notes || undefined}
            onClick={() => onOpen({ query: text, variables: "" })}
          >
            <span className="question-name">{name}</span>
            <span className="question-text">{question}</span>
            {requests !== null && (
              <span className="question-cost">
                {requests === 1 ? "1 upstream request" : `${requests} upstream requests`}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}

function SavedQueries() {
  const [queries, setQueries] = useState<readonly SavedQuery[]>(() => storedQueries(localStorage));
  const [name, setName] = useState("");
  const [renaming, setRenaming] = useState<string | null>(null);
  const [message, setMessage] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const open = useOpenQuery();
  const current = useCurrentQuery();
  const keep = (next: readonly SavedQuery[], done: string) => {
    setQueries(next);
    setMessage(
      storeQueries(localStorage, next)
        ? done
        : "This browser stores nothing: export your queries to keep them.",
    );
  };
  const read = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    const imported = importedQueries(await chosen.text());
    if (imported === null) setMessage("This file holds no saved queries.");
    else keep(withQueries(queries, imported), `${formatCount(imported.length)} imported.`);
  };
  return (
    <section aria-label="Your queries">
      <h3>Your queries</h3>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          const given = name.trim();
          if (given === "") return;
          keep(withQueries(queries, [{ name: given, ...current() }]), `${given} is saved in this browser.`);
          setName("");
        }}
      >
        <input
          className="field wide"
          aria-label="Name for the open query"
          placeholder="Save the open query as …"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <button type="submit" className="button">
          Save
        </button>
      </form>
      <ul className="questions">
        {queries.map((query) => (
          <li key={query.name} className="saved">
            {renaming === query.name ? (
              <form
                className="row"
                onSubmit={(event) => {
                  event.preventDefault();
                  const to = String(new FormData(event.currentTarget).get("name") ?? "").trim();
                  if (to !== "") keep(renamedQuery(queries, query.name, to), `Renamed to ${to}.`);
                  setRenaming(null);
                }}
              >
                <input
                  className="field wide"
                  name="name"
                  aria-label={`New name of ${query.name}`}
                  defaultValue={query.name}
                  // biome-ignore lint/a11y/noAutofocus: the reader has just chosen to rename
                  autoFocus
                />
                <button type="submit" className="button">
                  Rename
                </button>
              </form>
            ) : (
              <>
                <button type="button" onClick={() => open(query)}>
                  <span className="question-name">{query.name}</span>
                </button>
                <button
                  type="button"
                  className="button quiet"
                  aria-label={`Rename ${query.name}`}
                  onClick={() => setRenaming(query.name)}
                >
                  Rename
                </button>
                <button
                  type="button"
                  className="button quiet"
                  aria-label={`Delete ${query.name}`}
                  onClick={() => keep(withoutQuery(queries, query.name), `${query.name} is deleted.`)}
                >
                  Delete
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
      <div className="row">
        <button
          type="button"
          className="button quiet"
          disabled={queries.length === 0}
          onClick={() =>
            saveFile("queries.json", new Blob([exportedQueries(queries)], { type: "application/json" }))
          }
        >
          Export
        </button>
        <button type="button" className="button quiet" onClick={() => file.current?.click()}>
          Import
        </button>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          onChange={({ target }) => {
            void read(target.files?.[0]);
            target.value = "";
          }}
        />
        <span role="status" className="pane-count">
          {message}
        </span>
      </div>
    </section>
  );
}
