import { describe, expect, test, vi } from "vitest";
import type { Archive } from "../../src/cache/archive.ts";
import { memoryStore } from "../../src/cache/memory-store.ts";
import { day } from "../../src/domain/day.ts";
import type { ReportQuestion } from "../../src/domain/report.ts";
import { Credential } from "../../src/upstream/access/credential.ts";
import { userCost } from "../../src/upstream/endpoints/enterprise-cost.ts";
import { BackgroundWrites } from "../../src/upstream/pages/background-writes.ts";
import { PageFreshness } from "../../src/upstream/pages/freshness.ts";
import { PageArchive } from "../../src/upstream/pages/page-archive.ts";
import { PageStore } from "../../src/upstream/pages/page-store.ts";
import { memoryArchive as emptyArchive } from "../memory-archive.ts";
import { reportPage, wireUserCost } from "../wire.ts";

const FETCHED = Date.parse("2026-03-15T12:00:00Z");
/** Upstream has stopped serving January by then. */
const TWO_YEARS_LATER = Date.parse("2028-03-15T12:00:00Z");

const params: ReportQuestion = {
  range: { from: day("2026-01-01"), until: day("2026-02-01") },
  bucket: "NONE",
  groupBy: ["USER"],
  filter: {},
};
const QUESTION = { endpoint: userCost, params, token: null };
const BODY = JSON.stringify(
  reportPage([wireUserCost("user_ada", "41280.000000", { email: "ada@example.com" })], {
    watermark: "2026-03-15T08:00:00Z",
  }),
);

function memoryArchive() {
  const values = new Map<string, Uint8Array>();
  const archive: Archive = {
    ...emptyArchive(),
    about: {},
    get: async (key) => values.get(key) ?? null,
    has: async (key) => values.has(key),
    put: async (key, value) => {
      if (!values.has(key)) values.set(key, value);
      return true;
    },
    dispose: async () => {},
  };
  return { values, archive };
}

/** A process with an API key of an organization, which upstream names when it is asked. */
function started(archive: Archive | null, now: number, key = "sk-one", owner: string | null = "org_one") {
  const freshness = new PageFreshness({
    access: { accessStatus: () => null },
    freshSeconds: undefined,
    now: () => now,
  });
  const pages = new PageStore({ store: memoryStore(1e6), freshness, now: () => now });
  const requestOwner = vi.fn(async () => owner);
  const pageArchive = new PageArchive({
    archive,
    writes: new BackgroundWrites(() => {}),
    now: () => now,
    pages,
    requestOwner,
    credentials: { analytics: new Credential(key), admin: null },
    baseUrl: new URL("https://api.example/"),
  });
  const put = () =>
    pageArchive.put(QUESTION, pages.decode(QUESTION, { key: "key", body: BODY, fetchedAt: now }), BODY);
  return { pageArchive, pages, put, requestOwner };
}

describe("a page that upstream has stopped serving", () => {
  test("is read from the archive, without names and addresses", async () => {
    const { archive, values } = memoryArchive();
    await started(archive, FETCHED).put();
    const page = await started(archive, TWO_YEARS_LATER).pageArchive.get(QUESTION);
    expect(page?.rows).toHaveLength(1);
    expect(page?.rows[0]?.user).toEqual({ userId: "user_ada", deleted: false });
    expect([...values.keys()].join(" ")).not.toContain("sk-one");
  });

  test("is read with a new API key of the same organization, once upstream has answered that key", async () => {
    const { archive } = memoryArchive();
    await started(archive, FETCHED).put();
    const rotated = started(archive, TWO_YEARS_LATER, "sk-two");
    expect(await rotated.pageArchive.get(QUESTION)).toBeNull();
    await rotated.put();
    expect((await rotated.pageArchive.get(QUESTION))?.rows).toHaveLength(1);
  });

  test("is not read by another organization", async () => {
    const { archive } = memoryArchive();
    await started(archive, FETCHED).put();
    const other = started(archive, TWO_YEARS_LATER, "sk-other", "org_other");
    expect(await other.pageArchive.get(QUESTION)).toBeNull();
  });

  test("is archived under the key where upstream does not name the organization, which is asked once", async () => {
    const { archive } = memoryArchive();
    const silent = started(archive, FETCHED, "sk-one", null);
    await silent.put();
    await silent.put();
    expect(silent.requestOwner).toHaveBeenCalledTimes(1);
    expect((await started(archive, TWO_YEARS_LATER).pageArchive.get(QUESTION))?.rows).toHaveLength(1);
  });

  test("is looked for once by each process that has it already", async () => {
    const { archive } = memoryArchive();
    const has = vi.fn(archive.has);
    const { put } = started({ ...archive, has }, FETCHED);
    await put();
    await put(); // finds it
    await put();
    expect(has).toHaveBeenCalledTimes(2);
    await started({ ...archive, has }, FETCHED, "sk-one", "org_two").put();
    expect(has).toHaveBeenCalledTimes(3);
  });

  test("is missing where its entry is damaged", async () => {
    const { archive, values } = memoryArchive();
    await started(archive, FETCHED).put();
    for (const [key, value] of values) if (!key.startsWith("key ")) values.set(key, value.slice(0, 20));
    expect(await started(archive, TWO_YEARS_LATER).pageArchive.get(QUESTION)).toBeNull();
  });
});

describe("the archive", () => {
  test("is not read for days that upstream still serves", async () => {
    const { archive } = memoryArchive();
    const { pageArchive, put } = started(archive, FETCHED);
    await put();
    expect(await pageArchive.get(QUESTION)).toBeNull();
  });

  test("is given a page once, however often the page is read", async () => {
    const { archive } = memoryArchive();
    const put = vi.spyOn(archive, "put");
    const { put: read } = started(archive, FETCHED);
    for (let i = 0; i < 3; i++) await read();
    const names = put.mock.calls.map(([key]) => key);
    expect(new Set(names).size).toBe(names.length);
  });

  test("takes no page that is not final", async () => {
    const { archive, values } = memoryArchive();
    const { pageArchive, pages } = started(archive, FETCHED);
    const page = pages.decode(QUESTION, { key: "key", body: BODY, fetchedAt: FETCHED });
    expect(page.state).toBe("FINAL");
    await pageArchive.put(QUESTION, { ...page, state: "SETTLING" }, BODY);
    expect(values.size).toBe(0);
  });

  test("may be missing", async () => {
    const { pageArchive, put } = started(null, TWO_YEARS_LATER);
    await put();
    expect(await pageArchive.get(QUESTION)).toBeNull();
  });
});
