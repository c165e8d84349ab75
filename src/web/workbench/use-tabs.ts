import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useCallback, useEffect, useState } from "react";
import type { OpenedQuery } from "./shared-link.ts";

/** Opens a query in a tab: the one that has it already, or else a new one. */
export function useOpenQuery(): (opened: OpenedQuery) => void {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions();
  const { tabs, queryEditor, variableEditor } = useGraphiQL(pick("tabs", "queryEditor", "variableEditor"));
  /** Opened before the editor is there: a tab left until then would lose its query. */
  const [waiting, setWaiting] = useState<OpenedQuery | null>(null);
  const open = useCallback(
    (opened: OpenedQuery) => {
      if (queryEditor === undefined) return setWaiting(opened);
      const { query, variables } = opened;
      const there = tabs.findIndex((tab) => tab.query === query && (tab.variables ?? "") === variables);
      if (there >= 0) return changeTab(there);
      addTab();
      queryEditor.setValue(query);
      variableEditor?.setValue(variables);
      updateActiveTabValues({ query, variables, operationName: nameIn(query) });
    },
    [tabs, queryEditor, variableEditor, addTab, changeTab, updateActiveTabValues],
  );
  useEffect(() => {
    if (waiting === null || queryEditor === undefined) return;
    setWaiting(null);
    open(waiting);
  }, [waiting, queryEditor, open]);
  return open;
}

/** A new tab would otherwise keep the name of the one before until its text has been read. */
function nameIn(query: string): string | null {
  return /^\s*query\s+(\w+)/m.exec(query)?.[1] ?? null;
}

/** The query and variables of the open tab. */
export function useCurrentQuery(): () => OpenedQuery {
  const { queryEditor, variableEditor } = useGraphiQL(pick("queryEditor", "variableEditor"));
  return useCallback(
    () => ({ query: queryEditor?.getValue() ?? "", variables: variableEditor?.getValue() ?? "" }),
    [queryEditor, variableEditor],
  );
}

/** Opens the query of a link that is followed while the workbench is open. */
export function useFragment(read: () => OpenedQuery | null): void {
  const open = useOpenQuery();
  const { queryEditor } = useGraphiQL(pick("queryEditor"));
  const isReady = queryEditor !== undefined;
  useEffect(() => {
    if (!isReady) return;
    const follow = () => {
      const opened = read();
      if (opened !== null) open(opened);
    };
    follow(); // a link that was followed before the editor was there
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [open, read, isReady]);
}
