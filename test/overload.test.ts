import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { sha256 } from "../src/server/auth/tokens.ts";
import { HttpError } from "../src/server/http/http-error.ts";
import { createListener } from "../src/server/http/listener.ts";
import { Admission, type AdmissionSlot } from "../src/server/limits/admission.ts";
import { builtFolder } from "./built-folder.ts";
import { gateway, json } from "./gateway.ts";
import { portOf } from "./listening.ts";
import { PATHS } from "./wire.ts";

/** The status with which something is refused; null where it is not. */
function refusal(work: () => unknown): number | null {
  try {
    work();
    return null;
  } catch (fault) {
    if (fault instanceof HttpError) return fault.status;
    throw fault;
  }
}

describe("work under way", () => {
  let clock = 0;
  const room = (most: number) => new Admission(most, () => clock);
  const enter = (admission: Admission, caller: string, isLater = false): AdmissionSlot => {
    const place = admission.enter(isLater);
    place.hold(caller);
    return place;
  };
  const fill = (admission: Admission, caller: string, count: number, isLater = false) =>
    Array.from({ length: count }, () => enter(admission, caller, isLater));

  test("is at most what there is room for, and one that leaves makes room", () => {
    const admission = room(8);
    const [first] = fill(admission, "a", 8);
    expect(refusal(() => enter(admission, "a"))).toBe(503);
    first?.leave();
    expect(refusal(() => enter(admission, "a"))).toBeNull();
  });

  test("is for a quarter files and pages, and for none of those that come while it is busy", () => {
    const admission = room(8);
    const files = fill(admission, "a", 2, true);
    expect(refusal(() => enter(admission, "a", true))).toBe(503);
    for (const file of files) file.leave();
    fill(admission, "a", 6);
    expect(refusal(() => enter(admission, "a", true))).toBe(503);
    expect(refusal(() => fill(admission, "a", 2))).toBeNull();
  });

  test("is for half one caller's while others ask", () => {
    const admission = room(8);
    fill(admission, "a", 3);
    enter(admission, "b");
    enter(admission, "a");
    expect(refusal(() => admission.enter(false).hold("a"))).toBe(429);
    expect(refusal(() => enter(admission, "b"))).toBeNull();
  });

  test("are all one caller's while no other caller waits, which is forgotten after ten seconds", () => {
    clock = 0;
    const admission = room(8);
    expect(refusal(() => fill(admission, "a", 6))).toBeNull();
    enter(admission, "b").leave();
    const refused = admission.enter(false);
    expect(refusal(() => refused.hold("a"))).toBe(429);
    refused.leave();
    clock = 10_000;
    expect(refusal(() => enter(admission, "a"))).toBeNull();
  });

  test("never passes its bounds, and is nothing once all have left", () => {
    const step = fc.record({
      caller: fc.constantFrom("a", "b", "c"),
      isLater: fc.boolean(),
      leaves: fc.nat(20),
      isLeaving: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
        const admission = room(most);
        const inside: { place: AdmissionSlot; isLater: boolean }[] = [];
        for (const { caller, isLater, leaves, isLeaving } of steps) {
          if (isLeaving) inside.splice(leaves % Math.max(1, inside.length), 1)[0]?.place.leave();
          else
            try {
              const place = admission.enter(isLater);
              inside.push({ place, isLater });
              place.hold(caller);
            } catch (fault) {
              expect(fault).toBeInstanceOf(HttpError);
            }
          expect(inside.length).toBeLessThanOrEqual(most);
          expect(inside.filter((each) => each.isLater).length).toBeLessThanOrEqual(Math.ceil(most / 4));
        }
        for (const { place } of inside) place.leave();
        clock += 10_000; // by then nobody else is around
        expect(refusal(() => fill(admission, "alone", most))).toBeNull();
      }),
    );
  });
});

const folder = mkdtempSync(join(tmpdir(), "overload-"));
afterAll(() => rmSync(folder, { recursive: true }));

const tokenOf = (name: string) => `cag_${name.repeat(40)}`;
const TOKENS_FILE = join(folder, "tokens.json");
writeFileSync(
  TOKENS_FILE,
  JSON.stringify(
    ["a", "b"].map((name) => ({ name, role: "OWNER", sha256: sha256(tokenOf(name)).toString("hex") })),
  ),
);

/** A gateway with room for so many, whose upstream does not answer before it is let. */
async function held(most: number) {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const opened = gateway({
    pages: builtFolder(),
    settings: { MAX_CONCURRENT: String(most), AUTH: "tokens", TOKENS_FILE },
    routes: {
      [PATHS.users]: async () => {
        asked++;
        await gate.promise;
        return json({ data: [], next_page: null, data_refreshed_at: "2026-11-22T08:00:00Z" });
      },
    },
  });
  const server = createListener({ ...opened.config, ...opened.app });
  const url = `http://127.0.0.1:${await portOf(server)}`;
  const as = (name: string) => ({ authorization: `Bearer ${tokenOf(name)}` });
  let day = 1;
  return {
    audited: opened.audited,
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers }),
    as,
    ask: (name: string, query: string, signal: AbortSignal | null = null) =>
      fetch(`${url}/graphql`, {
        signal,
        method: "POST",
        headers: { "content-type": "application/json", ...as(name) },
        body: JSON.stringify({ query }),
      }),
    /** A question that is under way until the gate opens. */
    async hold(name: string, signal?: AbortSignal) {
      const before = asked;
      const from = `2026-10-${String(day++).padStart(2, "0")}`;
      const range = `{ between: { from: "${from}", until: "2026-11-01" } }`;
      const answer = this.ask(name, `{ users(range: ${range}) { nodes { userId } } }`, signal);
      answer.catch(() => {});
      await expect.poll(() => asked).toBeGreaterThan(before);
      return { answer };
    },
    open: () => gate.resolve(),
  };
}

/** What a refusal under load has to have. */
async function isRefused(response: Response, status: number): Promise<void> {
  const { errors } = (await response.json()) as { errors: { extensions: unknown }[] };
  expect(response.status).toBe(status);
  const after = Number(response.headers.get("retry-after"));
  expect(after).toBeGreaterThan(0);
  expect(errors[0]?.extensions).toEqual({ code: "OVERLOADED", retryAfter: after });
  expect(response.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("cache-control")).toBe("no-store");
}

const FILE = "/export/users.csv?range.last.days=7&fields=userId";
const PAGE = { accept: "text/html" };

describe("a gateway with much to do", () => {
  test("refuses files and pages first, then questions, and says all the while that it is well", async () => {
    const gate = await held(4);
    const under = [await gate.hold("a"), await gate.hold("b"), await gate.hold("b")];
    await isRefused(await gate.get(FILE, gate.as("a")), 503);
    await isRefused(await gate.get("/graphql", PAGE), 503);
    expect((await gate.ask("a", "{ __typename }")).status).toBe(200);
    under.push(await gate.hold("a"));
    await isRefused(await gate.ask("a", "{ __typename }"), 503);
    for (const path of ["/healthz", "/readyz"]) expect((await gate.get(path)).status).toBe(200);
    gate.open();
    for (const { answer } of under) expect((await answer).status).toBe(200);
    const file = await gate.get(FILE, gate.as("a"));
    expect(file.status).toBe(200);
    await file.text();
    await expect.poll(async () => (await gate.get("/graphql", PAGE)).status).toBe(200); // once the file has left its place
    const outcomes = gate.audited.map(({ kind, outcome, status }) => `${kind} ${status} ${outcome}`);
    for (const outcome of ["export 503 OVERLOADED", "null 503 OVERLOADED", "export 200 OK", "graphql 200 OK"])
      expect(outcomes).toContain(outcome);
  });

  test("lets no caller hold more than half of it while others ask, files included", async () => {
    const gate = await held(8);
    const under = [await gate.hold("b")];
    for (let i = 0; i < 4; i++) under.push(await gate.hold("a"));
    await isRefused(await gate.ask("a", "{ __typename }"), 429);
    await isRefused(await gate.get(FILE, gate.as("a")), 429);
    expect((await gate.ask("b", "{ __typename }")).status).toBe(200);
    gate.open();
    for (const { answer } of under) expect((await answer).status).toBe(200);
    expect((await gate.ask("a", "{ __typename }")).status).toBe(200);
  });

  test("has room again when those who were in it have left, and keeps account of them", async () => {
    const gate = await held(2);
    const gone = new AbortController();
    const { answer } = await gate.hold("a", gone.signal);
    await gate.hold("b", gone.signal);
    await isRefused(await gate.ask("a", "{ __typename }"), 503);
    gone.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(async () => (await gate.ask("a", "{ __typename }")).status).toBe(200);
    const left = gate.audited.filter(({ outcome }) => outcome === "LEFT");
    const callers = left.map(({ caller }) => ("name" in caller ? caller.name : ""));
    expect(callers.sort()).toEqual(["a", "b"]);
    const answered = gate.audited.find(({ outcome }) => outcome === "OK");
    expect(answered?.bytes).toBeGreaterThan(100);
    gate.open();
  });
});
