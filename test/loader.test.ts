import { describe, expect, test } from "vitest";
import { LongTexts } from "../src/cache/long-texts.ts";
import type { Context, TenantContext } from "../src/context.ts";
import { VIEWER_OF_ALL } from "../src/domain/viewer.ts";
import type { Directory } from "../src/loaders/directory/directory.ts";
import { loader } from "../src/loaders/loader.ts";
import type { Upstream } from "../src/upstream/upstream.ts";

interface Params {
  readonly day: string;
}

/** A loader that spells its keys backwards, with all that it was asked in `asked`. */
function reversing(answer: (keys: readonly string[]) => readonly string[] = (keys) => keys) {
  const asked: { readonly ctx: Context; readonly params: Params; readonly keys: readonly string[] }[] = [];
  const load = loader<Params, string>(async (ctx, params, keys) => {
    asked.push({ ctx, params, keys });
    return new Map(answer(keys).map((key) => [key, [...key].reverse().join("")]));
  });
  return { load, asked };
}

/** No loader here asks upstream. */
function operation(): Context {
  const upstream = { keysCollected: () => Promise.resolve() } as Upstream;
  return {
    upstream,
    now: () => 0,
    maxFirst: 1,
    limits: [],
    warn: () => {},
    rankings: null,
    warnings: [],
    budgets: [],
    alerts: null,
    seatPrices: [],
    managedTeams: new Set(),
    orgDirectory: { aliases: new Map(), teams: null },
    longTexts: new LongTexts(null),
    secretDigest: (text) => text,
    viewer: VIEWER_OF_ALL,
    directory: {} as Directory,
    organizations: { readable: [], requested: null, partsOf: () => ({}) as TenantContext },
    organization: null,
    base: null,
  };
}

const DAY: Params = { day: "2026-11-01" };

describe("keys requested in one tick", () => {
  test("go out together", async () => {
    const { load, asked } = reversing();
    const ctx = operation();
    await Promise.all(["ab", "cd", "ef"].map((key) => load(ctx, DAY).load(key)));
    expect(asked.map(({ keys }) => keys)).toEqual([["ab", "cd", "ef"]]);
  });

  test("go out once each", async () => {
    const { load, asked } = reversing();
    const ctx = operation();
    await Promise.all(["ab", "cd", "ab"].map((key) => load(ctx, DAY).load(key)));
    expect(asked.map(({ keys }) => keys)).toEqual([["ab", "cd"]]);
  });

  test("go out together from as many places as ask in the same words", async () => {
    const { load, asked } = reversing();
    const ctx = operation();
    await Promise.all([load(ctx, { day: "2026-11-01" }).load("ab"), load(ctx, { ...DAY }).load("cd")]);
    expect(asked).toHaveLength(1);
  });
});

describe("an answer", () => {
  test("finds its key, in whatever order answers come", async () => {
    const { load } = reversing((keys) => keys.toReversed());
    const ctx = operation();
    expect(await load(ctx, DAY).loadMany(["ab", "cd", "ef"])).toEqual(["ba", "dc", "fe"]);
  });

  test("that is missing is null", async () => {
    const { load } = reversing((keys) => keys.filter((key) => key !== "cd"));
    const ctx = operation();
    expect(await load(ctx, DAY).loadMany(["ab", "cd", "ef"])).toEqual(["ba", null, "fe"]);
  });

  test("to a key that was not requested is ignored", async () => {
    const { load } = reversing((keys) => [...keys, "xy"]);
    const ctx = operation();
    expect(await load(ctx, DAY).loadMany(["ab"])).toEqual(["ba"]);
  });

  test("of zero, no text or false is one, not a missing one", async () => {
    const load = loader<object, number | string | boolean>(
      async () =>
        new Map<string, number | string | boolean>([
          ["a", 0],
          ["b", ""],
          ["c", false],
        ]),
    );
    expect(await load(operation(), {}).loadMany(["a", "b", "c"])).toEqual([0, "", false]);
  });

  test("is remembered while the operation lasts", async () => {
    const { load, asked } = reversing();
    const ctx = operation();
    await load(ctx, DAY).load("ab");
    expect(await load(ctx, DAY).load("ab")).toBe("ba");
    expect(asked).toHaveLength(1);
  });
});

describe("a question that fails", () => {
  test("fails every key of its batch, with the reason", async () => {
    const reason = new Error("upstream is away");
    const load = loader<Params, string>(async () => {
      throw reason;
    });
    const ctx = operation();
    const settled = await Promise.allSettled(["ab", "cd"].map((key) => load(ctx, DAY).load(key)));
    expect(settled).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
  });

  test("fails no key that was asked in other words", async () => {
    const load = loader<Params, string>(async (_ctx, { day }, keys) => {
      if (day === DAY.day) throw new Error("upstream is away");
      return new Map(keys.map((key) => [key, day]));
    });
    const ctx = operation();
    const failing = load(ctx, DAY).load("ab");
    const other = load(ctx, { day: "2026-11-02" }).load("ab");
    await expect(failing).rejects.toThrow("upstream is away");
    expect(await other).toBe("2026-11-02");
  });
});

describe("the loader separates", () => {
  test("one operation from another", async () => {
    const { load, asked } = reversing();
    const [a, b] = [operation(), operation()];
    await Promise.all([load(a, DAY).load("ab"), load(b, DAY).load("ab")]);
    expect(asked.map(({ ctx }) => ctx)).toEqual([a, b]);
  });

  test("one set of params from another", async () => {
    const { load, asked } = reversing();
    const ctx = operation();
    await Promise.all([load(ctx, DAY).load("ab"), load(ctx, { day: "2026-11-02" }).load("ab")]);
    expect(asked.map(({ params }) => params.day)).toEqual(["2026-11-01", "2026-11-02"]);
  });

  test("one question from another of the same params", async () => {
    const [first, second] = [reversing(), reversing((keys) => keys.slice(1))];
    const ctx = operation();
    expect(await Promise.all([first.load(ctx, DAY).load("ab"), second.load(ctx, DAY).load("ab")])).toEqual([
      "ba",
      null,
    ]);
  });
});
