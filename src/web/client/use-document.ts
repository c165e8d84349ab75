import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { DocumentName, ResultOf, VariablesOf } from "./documents.ts";
import { pageOrganization } from "./page-organization.ts";
import { type DocumentAnswer, runDocument } from "./run-document.ts";
import { onCallerChange } from "./session.ts";

interface Entry {
  /** Null until there is one. A further attempt keeps the answer before it until it has its own. */
  readonly answer: DocumentAnswer<unknown> | null;
  readonly at: number;
  /** Attempts that the page has made by itself after the first one. */
  readonly attempts: number;
  readonly isLoading: boolean;
}

/** Answers by document and variables, shared by the panels of all pages. */
const entries = new Map<string, Entry>();
const listeners = new Map<string, Set<() => void>>();

/** A page that is opened again within this time shows the same answers; a reload asks the gateway. */
const KEPT_MS = 5 * 60_000;

/** Limit of the attempts that a page makes by itself. Each waits for the time that the gateway states, if it states one. */
const MOST_ATTEMPTS = 6;

/** Waits for longer are left to the reader. Budgets of requests are of one minute. */
const LONGEST_WAIT_SECONDS = 120;

function notify(key: string): void {
  for (const listener of listeners.get(key) ?? []) listener();
}

function load<Name extends DocumentName>(
  key: string,
  name: Name,
  variables: VariablesOf<Name>,
  before: Pick<Entry, "answer" | "attempts"> = { answer: null, attempts: 0 },
): void {
  const { answer: shown, attempts } = before;
  const started: Entry = { answer: shown, at: performance.now(), attempts, isLoading: true };
  entries.set(key, started);
  void runDocument(name, variables, new AbortController().signal).then((answer) => {
    if (entries.get(key) !== started) return; // the caller has changed, or asked again
    entries.set(key, { answer, at: performance.now(), attempts, isLoading: false });
    notify(key);
  });
}

onCallerChange(() => {
  entries.clear();
  for (const key of listeners.keys()) notify(key);
});

/** The gateway has kept what it read until then, and a further attempt reads on from there. */
const READS_ON = "OPERATION_TIMEOUT";

/** Seconds after which the gateway can answer what it could not; null: it does not say, or it is too long to wait for. */
function secondsToWait({ errors }: DocumentAnswer<unknown>): number | null {
  const seconds = errors.flatMap(
    ({ extensions }) => extensions?.retryAfter ?? (extensions?.code === READS_ON ? 0 : []),
  );
  const longest = Math.max(...seconds);
  return seconds.length > 0 && longest <= LONGEST_WAIT_SECONDS ? longest : null;
}

/** Further attempts of the page at an answer that was refused for a time. */
export type Retrying = "soon" | "given-up" | "never";

function retryingOf(entry: Entry | undefined): Retrying {
  if (entry?.answer == null || secondsToWait(entry.answer) === null) return "never";
  return entry.isLoading || entry.attempts < MOST_ATTEMPTS ? "soon" : "given-up";
}

export interface DocumentState<Data> {
  /** Null while it is loading. */
  readonly answer: DocumentAnswer<Data> | null;
  readonly retrying: Retrying;
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
  // Ends with the panel: a page that the reader has left asks for nothing.
  useEffect(() => {
    const entry = entries.get(key);
    if (variables === null || answer === null || entry === undefined) return;
    if (entry.isLoading || retryingOf(entry) !== "soon") return;
    const wait = (secondsToWait(answer) ?? 0) * 1_000 - (performance.now() - entry.at);
    const timer = setTimeout(() => {
      if (entries.get(key) !== entry) return; // another panel has asked
      load(key, name, variables, { answer, attempts: entry.attempts + 1 });
    }, wait);
    return () => clearTimeout(timer);
  }, [key, name, variables, answer]);
  const retry = useCallback(() => {
    if (variables === null) return;
    load(key, name, variables);
    notify(key);
  }, [key, name, variables]);
  return { answer, retrying: retryingOf(entries.get(key)), retry };
}

function listenersOf(key: string): number {
  return listeners.get(key)?.size ?? 0;
}
