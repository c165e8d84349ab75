/** @module-tag deep */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { PartFile } from "../../src/cli/part-file.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { serveSandbox } from "../../src/sandbox/server.ts";
import { openExport } from "../../src/server/export/open-export.ts";
import { manifestOf, piecesOf } from "../../src/server/export/write.ts";
import type { ReadOptions } from "../../src/upstream/budget/operation.ts";
import { gateway, NOW, refusal } from "../gateway.ts";
import { endAll, run } from "../process.ts";
import { download } from "./download.ts";

afterEach(endAll);

function place(name: string): string {
  return join(mkdtempSync(join(tmpdir(), "export-")), name);
}

/** An upstream on a port, which fails while told to. */
async function upstream(users = 40) {
  const sandbox = createSandbox({ users, seed: 1, now: () => Date.parse(NOW), rateLimit: "off" });
  const state = { left: Number.POSITIVE_INFINITY, asked: 0, latencyMs: 0 };
  const listener = await serveSandbox(
    {
      async handle(request, signal) {
        if (state.left <= 0) return refusal(500, "api_error", "down");
        state.left--;
        state.asked++;
        await sleep(state.latencyMs);
        return sandbox.handle(request, signal);
      },
    },
    { port: 0 },
  );
  const environment = {
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-any",
    ANTHROPIC_BASE_URL: listener.url,
    UPSTREAM_PER_MINUTE: "100000",
    CLOCK: NOW,
  };
  return { state, environment, close: () => listener.close() };
}

const SPEND = ["spend", "from=2026-06-01", "until=2026-11-01"] as const;

describe("the command", () => {
  test("writes NDJSON a row a line, with its manifest in the file beside it", async () => {
    const out = place("users.ndjson");
    const { code, output } = await run(["export", "users", "range.last.days=7", "--out", out], {
      SANDBOX_USERS: "20",
      CLOCK: "2026-11-22T12:00:00Z",
    }).ended();
    expect(code, output).toBe(0);
    const rows = readFileSync(out, "utf8").trimEnd().split("\n");
    const manifest = JSON.parse(readFileSync(`${out}.manifest.json`, "utf8"));
    expect(rows.every((row) => Object.hasOwn(JSON.parse(row), "userId"))).toBe(true);
    expect(manifest).toMatchObject({ export: "users", rows: rows.length });
  });

  test("interrupted at several points keeps what it has, says so by its status, and ends with the file of an uninterrupted run", async () => {
    const { state, environment, close } = await upstream();
    const [whole, out] = [place("whole.csv"), place("spend.csv")];
    const first = await run(["export", ...SPEND, "--out", whole], environment).ended();
    expect(first.output).toMatch(/\d+ rows, net_usd [\d.]+, gross_usd [\d.]+, SETTLING, sha256 [0-9a-f]{64}/);
    expect(first.output).toMatch(/\d+ rows \| \d+ upstream requests, \d+ left this minute/);
    expect(first.code).toBe(0);
    const needed = state.asked;

    let bytes = 0;
    for (const left of [4, 4, 3]) {
      state.left = left;
      const { code, output } = await run(["export", ...SPEND, "--out", out], environment).ended();
      expect([code, output]).toEqual([1, expect.stringContaining("failed upstream")]);
      expect(existsSync(out)).toBe(false);
      const { mark } = JSON.parse(readFileSync(`${out}.part.json`, "utf8"));
      expect(mark.bytes).toBeGreaterThanOrEqual(bytes);
      bytes = mark.bytes;
    }
    expect(bytes).toBeGreaterThan(0);
    writeFileSync(`${out}.part`, `${readFileSync(`${out}.part`, "utf8")}2026-10-02,half a ro`); // as a kill leaves it
    [state.left, state.asked] = [Number.POSITIVE_INFINITY, 0];
    const last = await run(["export", ...SPEND, "--out", out], environment).ended();
    expect(last.code, last.output).toBe(0);
    expect(readFileSync(out).equals(readFileSync(whole))).toBe(true);
    expect(JSON.parse(readFileSync(`${out}.manifest.json`, "utf8"))).toEqual(
      JSON.parse(readFileSync(`${whole}.manifest.json`, "utf8")),
    );
    expect(state.asked).toBeLessThan(needed);
    expect([existsSync(`${out}.part`), existsSync(`${out}.part.json`)]).toEqual([false, false]);
    await close();
  });

  test("killed in the middle goes on, with lists too", async () => {
    const { state, environment, close } = await upstream(60);
    const asked = [
      "cost",
      "range.between.from=2026-03-01",
      "range.between.until=2026-09-01",
      "bucket=DAY",
      "groupBy=USER",
    ];
    const [whole, out] = [place("whole.ndjson"), place("cost.ndjson")];
    const settings = { ...environment, MAX_FIRST: "200" };
    await run(["export", ...asked, "--out", whole], settings).ended();
    state.latencyMs = 300;
    const killed = run(["export", ...asked, "--out", out], settings);
    while (!existsSync(`${out}.part.json`)) await sleep(20);
    killed.child.kill("SIGKILL");
    await killed.ended();
    expect(existsSync(out)).toBe(false);
    state.latencyMs = 0;
    const { code } = await run(["export", ...asked, "--out", out], settings).ended();
    expect(code).toBe(0);
    expect(readFileSync(out).equals(readFileSync(whole))).toBe(true);
    await close();
  });

  test("begins anew where another question left a part", async () => {
    const { state, environment, close } = await upstream();
    const out = place("spend.csv");
    state.left = 4;
    await run(["export", ...SPEND, "--out", out], environment).ended();
    state.left = Number.POSITIVE_INFINITY;
    const other = ["export", "spend", "from=2026-09-01", "until=2026-10-01", "--out"];
    expect((await run([...other, out], environment).ended()).code).toBe(0);
    const whole = place("whole.csv");
    await run([...other, whole], environment).ended();
    expect(readFileSync(out).equals(readFileSync(whole))).toBe(true);
    await close();
  });

  test("says what it cannot make, and leaves nothing", async () => {
    const environment = { SANDBOX_USERS: "20", CLOCK: NOW };
    const cases = [
      [["spend", "period=LAST_MONT", "--out", place("a.csv")], "did you mean LAST_MONTH"],
      [["userz", "--out", place("a.csv")], "did you mean users"],
      [["users", "range.last.days", "--out", place("a.csv")], "is not a parameter"],
      [["spend", "period=LAST_MONTH", "--out", place("a.xlsx")], "spend.csv, spend.ndjson, spend.parquet"],
      [["spend", "period=LAST_MONTH", "--out", "/nowhere/a.csv"], "ENOENT"],
    ] as const;
    for (const [args, words] of cases) {
      const { code, output } = await run(["export", ...args], environment).ended();
      expect([code, output]).toEqual([2, expect.stringContaining(words)]);
      expect(existsSync(`${args.at(-1)}.part`)).toBe(false);
    }
  });
});

describe("figures that are refreshed under an export", () => {
  /** As the command writes, but stopping after so many pieces. */
  function writing(gate: ReturnType<typeof gateway>, out: string, path: string) {
    const [file = "", query] = path.split("?");
    const begun = async () =>
      PartFile.open(out, { file, parameters: query ?? "", upstream: "" }, Date.parse(NOW));
    return async (stopAfter: number): Promise<"whole" | "stopped" | "refreshed"> => {
      const part = await begun();
      const reader = {
        viewer: gate.app.viewer,
        context: (options: ReadOptions) => ({
          ...gate.app.context(new AbortController().signal, "warm", { unbounded: true, ...options }),
          now: () => part.begun,
        }),
        visible: schema,
        onFault: () => {},
      };
      const opened = openExport(schema, reader, file, new URLSearchParams(query));
      let left = stopAfter;
      try {
        for await (const piece of piecesOf(opened.table, opened.format, part.mark)) {
          await part.append(piece);
          if (--left === 0) return "stopped";
        }
        await part.finish(
          (sha256) => manifestOf(opened, part.mark, sha256),
          () => "",
        );
        return "whole";
      } catch (fault) {
        expect(fault).toMatchObject({ code: "CURSOR_EXPIRED" });
        await part.unsettle();
        return "refreshed";
      } finally {
        await part.close();
      }
    };
  }

  const LATER = "2026-11-22T17:00:00Z";

  test.each([
    ["spend.csv?from=2026-08-01&until=2026-11-22", 100],
    ["cost.csv?range.between.from=2026-08-01&range.between.until=2026-11-22&bucket=DAY&groupBy=USER", 28],
  ])("restart parts that can still change, and keep final ones: %s", async (path, pieces) => {
    const settings = { MAX_FIRST: "100" };
    const gate = gateway({ sandbox: { users: 60 }, settings });
    const out = place("file.csv");
    const write = writing(gate, out, path);
    expect(await write(pieces)).toBe("stopped");
    const before = readFileSync(`${out}.part`, "utf8");
    gate.at(LATER);
    expect(await write(Number.POSITIVE_INFINITY)).toBe("refreshed");
    const { mark } = JSON.parse(readFileSync(`${out}.part.json`, "utf8"));
    expect(mark.state).toBe("FINAL");
    expect(mark.rows).toBeGreaterThan(0);
    expect(mark.bytes).toBeLessThan(before.length);
    const [, requests] = await gate.requestsOf(async () => {
      expect(await write(Number.POSITIVE_INFINITY)).toBe("whole");
    });
    const fresh = gateway({ now: LATER, sandbox: { users: 60 }, settings });
    const whole = await download(fresh, path);
    expect(readFileSync(out, "utf8")).toBe(whole);
    expect(requests.length).toBeLessThan(fresh.seen.length);
  });

  test("break an export over HTTP off, which cannot take back what it has sent", async () => {
    const gate = gateway({ sandbox: { users: 250 } });
    const { body } = await gate.app.fetch(
      "http://gateway.test/export/spend.csv?from=2026-11-01&until=2026-11-22",
    );
    const reader = body?.getReader();
    for (let i = 0; i < 4; i++) await reader?.read();
    gate.at(LATER);
    const rest = async () => {
      while (!(await reader?.read())?.done);
    };
    await expect(rest()).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  test("do not matter over HTTP where they are final: the file is whole and as it was", async () => {
    const path = "spend.csv?from=2026-03-01&until=2026-07-01";
    const gate = gateway({ sandbox: { users: 250 } });
    const { body } = await gate.app.fetch(`http://gateway.test/export/${path}`);
    const reader = body?.getReader();
    const chunks: Uint8Array[] = [];
    for (let i = 0; ; i++) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      if (value !== undefined) chunks.push(value);
      if (i === 10) gate.at(LATER);
    }
    expect(Buffer.concat(chunks).toString()).toBe(await download(gateway({ sandbox: { users: 250 } }), path));
  });
});
