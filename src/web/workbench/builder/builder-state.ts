import { useEffect, useSyncExternalStore } from "react";
import { onCallerChange } from "../../client/session.ts";
import { fetchFacts } from "../gateway-fetcher.ts";
import type { BuildChoice } from "./choice.ts";
import { type DatasetFacts, FACTS_QUERY, GatewayFacts } from "./datasets.ts";

interface BuilderState {
  /** Null until the builder or the schema has chosen a subject. */
  readonly choice: BuildChoice | null;
  /** Null while they are not read. */
  readonly facts: GatewayFacts | null;
  readonly failure: string | null;
}

/** Outlives the pane, which is unmounted while another one is open. */
let state: BuilderState = { choice: null, facts: null, failure: null };
let isLoading = false;
const listeners = new Set<() => void>();

function change(next: Partial<BuilderState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

function onChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Another caller may read other datasets. */
onCallerChange(() => change({ facts: null, failure: null }));

export function builderState(): BuilderState {
  return state;
}

export function chooseBuild(choice: BuildChoice): void {
  change({ choice });
}

/** Reads the datasets of the gateway: at most eight upstream requests an hour, shared by all callers. */
export async function loadFacts(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  change({ failure: null });
  try {
    const { data, errors } = await fetchFacts(FACTS_QUERY);
    const facts = data as
      | { datasets: readonly DatasetFacts[] | null; viewer: { organizations: readonly string[] } }
      | null
      | undefined;
    if (facts?.datasets) change({ facts: new GatewayFacts(facts.datasets, facts.viewer.organizations) });
    else change({ failure: errors?.[0]?.message ?? "The gateway does not say which figures it has." });
  } catch {
    change({ failure: "The gateway did not answer." });
  }
  isLoading = false;
}

/** The choice and the facts of the gateway, which are read once the builder is open. */
export function useBuilderState(): BuilderState {
  const current = useSyncExternalStore(onChange, () => state);
  const isMissing = current.facts === null && current.failure === null;
  useEffect(() => {
    if (isMissing) void loadFacts();
  }, [isMissing]);
  return current;
}
