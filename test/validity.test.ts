import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Entry, Store } from "../src/cache/memory-store.ts";
import { userActivity } from "../src/upstream/endpoints/users.ts";
import { PageFreshness } from "../src/upstream/pages/freshness.ts";
import type { Page } from "../src/upstream/pages/page.ts";
import { PageStore } from "../src/upstream/pages/page-store.ts";
import { NOW } from "./gateway.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const now = () => Date.parse(NOW);

/** Stores a page and returns how long it is valid, and the page itself as long as anything holds it. */
function stored(pages: PageStore, state: Page<never>["state"]) {
  const page = pages.put(
    userActivity,
    state,
    {
      rows: [],
      token: null,
      next: null,
      watermark: null,
      fetchedAt: now(),
      asOf: null,
      range: null,
      state,
      stale: null,
    },
    100,
  );
  return { validity: pages.validityOf(page), held: new WeakRef(page) };
}

test.each(["OPEN", "FINAL"] as const)(
  "the known validity of a page that is %s does not hold its rows in memory",
  async (state) => {
    const entries = new Map<string, Entry>();
    const store: Store = {
      get: (key) => entries.get(key),
      set: (key, entry) => void entries.set(key, entry),
      delete: (key) => void entries.delete(key),
    };
    const freshness = new PageFreshness({
      access: { accessStatus: () => null },
      freshSeconds: undefined,
      now,
    });
    const { validity, held } = stored(new PageStore({ store, freshness, now }), state);
    expect(validity?.isCurrent()).toBe(true);
    entries.clear();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(held.deref()).toBeUndefined();
    expect(validity?.isCurrent()).toBe(state === "FINAL");
  },
);
