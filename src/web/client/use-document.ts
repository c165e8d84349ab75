import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { DocumentName, ResultOf, VariablesOf } from "./documents.ts";
import { pageOrganization } from "./page-organization.ts";
import { type DocumentAnswer, runDocument } from "./run-document.ts";
import { onCallerChange } from "./session.ts";

interface Entry {
  readonly answer: DocumentAnswer<unknown> | null;
  readonly at: number;
}

/** Answers by document and variables, shared by the panels of all pages. */
const entries = new Map<string, Entry>();
const listeners = new Map<string, Set<() => void>>();

/** A page that is opened again within this time shows the same answers; a reload asks the gateway. */
const KEPT_MS = 5 * 60_000;

function notify(key: string): void {
  for (const listener of listeners.get(key) ?? []) listener();
}

function load<Name extends DocumentName>(key: string, name: Name, variables: VariablesOf<Name>): void {
  const started: Entry = { answer: null, at: performance.now() };
  entries.set(key, started);
  void runDocument(name, variables, new AbortController().signal).then((answer) => {
    if (entries.get(key) !== started) return; // the caller has changed, or asked again
    entries.set(key, { answer, at: performance.now() });
    notify(key);
  });
}

onCallerChange(() => {
  entries.clear();
  for (const key of listeners.keys()) notify(key);
});

export interface DocumentState<Data> {
  /** Null while it is loading. */
  readonly answer: DocumentAnswer<Data> | null;
  readonly retry: () => void;
}

/** The answer to a trusted document; `variables: null` makes no request, for what depends on another answer. */
export function useDocument<Name extends DocumentName>(
  name: Name,
  variables: VariablesOf<Name> | null,
): DocumentState<ResultOf<Name>> {
  const key = variables === null ? "" : `${name} ${JSON.stringify(variables)} ${pageOrganization() ?? ""}`;
  const subscribe = useCallback(
    (listener: () => void) => {
      const those = listeners.get(key) ?? new Set();
      listeners.set(key, those.add(listener));
      return () => those.delete(listener);
    },
    [key],
  );
  const snapshot = useCallback(() => entries.get(key)?.answer ?? null, [key]);
  const answer = useSyncExternalStore(subscribe, snapshot) as DocumentAnswer<ResultOf<Name>> | null;
  // After every render: an entry can also be missing because the caller has changed.
  useEffect(() => {
    if (variables === null) return;
    const entry = entries.get(key);
    const isOld = entry?.answer != null && performance.now() - entry.at > KEPT_MS && listenersOf(key) <= 1;
    if (entry === undefined || isOld) load(key, name, variables);
  });
  const retry = useCallback(() => {
    if (variables === null) return;
    load(key, name, variables);
    notify(key);
  }, [key, name, variables]);
  return { answer, retry };
}

function listenersOf(key: string): number {
  return listeners.get(key)?.size ?? 0;
}
