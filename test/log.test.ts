import { globSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT_CONTEXT } from "@opentelemetry/api";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { AuditFile, openAuditLog } from "../src/cli/audit-log.ts";
import { createLog, faultOf } from "../src/cli/log.ts";
import { lineWriter } from "../src/cli/standard-streams.ts";
import { GatewayError } from "../src/errors.ts";
import { currentRequest, RequestRecord } from "../src/server/http/request-record.ts";
import type { AuditEntry } from "../src/server/observability/audit.ts";
import { redact } from "../src/server/observability/redact.ts";
import { ConfigError } from "../src/settings/config-error.ts";
import { ask, endAll, run, runCommand, serve } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "log-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(endAll);

const NOW = Date.UTC(2026, 10, 22, 12);

function logged(level: Parameters<typeof createLog>[0]["level"] = "info") {
  const lines: string[] = [];
  const log = createLog({ level, now: () => NOW, write: (line) => lines.push(line) });
  return { log, lines };
}

const word = (min: number, max: number) =>
  fc.string({
    unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-"),
    minLength: min,
    maxLength: max,
  });
const name = fc.string({
  unit: fc.constantFrom(..."abcdefgxyzäöüßéñ0123456789"),
  minLength: 3,
  maxLength: 12,
});

/** A secret as it may stand in a text, and the part of it that nobody may read. */
const secret = fc.oneof(
  word(20, 60).map((key) => [`sk-ant-api01-${key}`, key]),
  word(20, 60).map((key) => [`sk-ant-admin01-${key}`, key]),
  word(40, 43).map((token) => [`cag_${token}`, token]),
  word(20, 60).map((token) => [`Bearer ${token}`, token]),
  fc.tuple(word(10, 30), word(10, 30), word(10, 30)).map(([a, b, c]) => [`eyJ${a}.${b}.${c}`, `${b}.${c}`]),
  fc.tuple(name, name).map(([a, b]) => [`${a}.${b}+tag@corp.example`, `${a}.${b}`]),
  fc.tuple(name, name).map(([a, b]) => [`${a}_${b}%40mail.${b}.example`, `${a}_${b}`]),
  fc.tuple(name, name).map(([a, b]) => [`node_modules/${a}/${b}@corp.example`, b]),
  fc.tuple(name, fc.ipV4()).map(([a, ip]) => [`${a}-${a}@${ip}`, `${a}-${a}`]),
  word(8, 40).map((password) => [`redis://default:${password}@cache.internal:6379`, password]),
) as fc.Arbitrary<[text: string, hidden: string]>;

/** Literals of a source file. */
const LITERAL = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

/** What surrounds it: anything, up to what JSON writes as an escape. */
const around = fc.string({ unit: "binary", maxLength: 30 });
const edge = fc.constantFrom("", " ", "\n", "\t", '"', "\\", "\u0001", "\\n", ":", "é");

describe("every log line", () => {
  test("holds no key, token or address, and is JSON", () => {
    fc.assert(
      fc.property(around, edge, secret, edge, around, (before, left, [text, hidden], right, after) => {
        const { log, lines } = logged();
        const whole = before + left + text + right + after;
        log.info({ field: whole, deep: { list: [text, whole] }, [text]: 1 }, whole);
        expect(lines).toHaveLength(1);
        expect(() => JSON.parse(lines[0] ?? "")).not.toThrow();
        expect(lines[0]).not.toContain(hidden);
      }),
      { numRuns: 1_000 },
    );
  });

  test("keeps the gateway's own sentences word for word", () => {
    const sources = ["src", "schema"].flatMap((root) =>
      globSync(`${root}/**/*.ts`).filter(
        (path) => !/^src\/(sandbox|server\/observability\/redact)/.test(path),
      ),
    );
    const literals = sources.flatMap((path) => readFileSync(path, "utf8").match(LITERAL) ?? []);
    expect(literals.length).toBeGreaterThan(3_000);
    // The sandbox's keys are keys, and a description shows what the id of a plugin looks like.
    const changed = literals.filter((each) => !/-sandbox|name@m/.test(each) && redact(each) !== each);
    expect(changed).toEqual([]);
  });

  test("keeps the paths of packages in a stack", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
    const installed = Object.entries(packages as Record<string, { version?: string }>);
    const paths = installed.flatMap(([path, { version = "" }]) => {
      const name = path.slice(path.lastIndexOf("node_modules/") + 13);
      const flat = name.replace("/", "+");
      return [path, `node_modules/.pnpm/${flat}@${version}/node_modules/${name}`, `opt/node@26/${path}`];
    });
    expect(paths.some((path) => path.includes("@redis/client"))).toBe(true);
    for (const path of paths) {
      const frame = `at connect (file:///srv/gateway/${path}/dist/index.js:10:5)`;
      expect(redact(JSON.stringify({ stack: [frame] }))).toBe(JSON.stringify({ stack: [frame] }));
    }
  });

  test.each([
    "not a bearer token",
    "callers send bearer tokens.",
    "the key begins with sk-ant-admin01-, which is the prefix of the other organization (sk-ant-api01-...)",
    "a token of this gateway begins with cag_",
    "Cannot find package '@redis/client' imported from /srv/gateway/src/main.ts",
    "the directive `@skip`, or @include",
  ])("keeps what only describes a secret: %s", (sentence) => {
    expect(redact(JSON.stringify({ reason: sentence }))).toBe(JSON.stringify({ reason: sentence }));
  });

  test("stays as it is without them", () => {
    const plain = fc.string({ unit: fc.constantFrom(...'abc XYZ 123 \\"\n\t.,;:-_/{}[]é中\u2028') });
    fc.assert(
      fc.property(plain, (text) => {
        expect(redact(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
      }),
    );
  });

  test("has its time by the gateway's clock, its level by name, and the id of its request", () => {
    const { log, lines } = logged();
    const incoming = {
      id: "id-1",
      method: "GET",
      target: "/",
      httpVersion: "1.1",
      traceparent: null,
      address: "",
    };
    const record = new RequestRecord(incoming, NOW);
    currentRequest.run(record, () => log.warn({ lines: 3 }, "so it is"));
    record.trace = { traceId: "4bf9", spanId: "00f0", context: ROOT_CONTEXT, enter: null };
    currentRequest.run(record, () => log.info("traced"));
    log.info("alone");
    log.debug("not at this level");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", time: "2026-11-22T12:00:00.000Z", requestId: "id-1", lines: 3, msg: "so it is" },
      {
        level: "info",
        time: "2026-11-22T12:00:00.000Z",
        requestId: "id-1",
        trace_id: "4bf9",
        span_id: "00f0",
        msg: "traced",
      },
      { level: "info", time: "2026-11-22T12:00:00.000Z", msg: "alone" },
    ]);
  });

  test("is nothing where LOG_LEVEL is silent", () => {
    const { log, lines } = logged("silent");
    log.fatal("nothing");
    expect(lines).toEqual([]);
  });
});

describe("a fault", () => {
  test("says what kind it is and where, but not what others have said", () => {
    const cause = Object.assign(new Error("GET https://upstream.test/v1?page=secret"), {
      code: "ECONNRESET",
    });
    const { stack = [], ...fault } = faultOf(
      new SyntaxError('Unexpected token in {"email":"ada"}', { cause }),
    );
    expect(stack[0]).toMatch(/^at .*log\.test\.ts:\d+/);
    expect(fault).toEqual({ name: "SyntaxError", cause: expect.objectContaining({ code: "ECONNRESET" }) });
    expect(JSON.stringify(fault)).not.toMatch(/secret|ada|upstream/);
  });

  test("repeats our own sentences, and knows what is not an error", () => {
    expect(faultOf(new GatewayError("NOT_FOUND", "No such object."))).toMatchObject({
      message: "No such object.",
      code: "NOT_FOUND",
    });
    expect(faultOf(new ConfigError(["TOKENS_FILE: x is no list."])).message).toContain("TOKENS_FILE");
    expect(faultOf("ada@corp.example")).toEqual({ name: "string" });
    expect(faultOf(null)).toEqual({ name: "object" });
  });

  test("that is its own cause ends", () => {
    const fault = new Error("round");
    fault.cause = fault;
    expect(JSON.stringify(faultOf(fault)).length).toBeLessThan(20_000);
  });

  test("of a dependency is a line on standard error with the code of its cause and the host", {
    tags: "deep",
  }, async () => {
    const { gateway, url } = await serve({ settings: { CACHE_URL: "redis://:canary-77@127.0.0.1:1" } });
    await ask(url, "{ organization { name } }");
    const output = await gateway.printed("ECONNREFUSED");
    const line = output.split("\n").find((each) => each.includes("ECONNREFUSED")) ?? "";
    expect(JSON.parse(line)).toMatchObject({ level: "warn", code: "ECONNREFUSED", host: "127.0.0.1:1" });
    expect(line).not.toContain("canary");
  });
});

test("lines that a stream has no room for are lost and counted", () => {
  const written: string[] = [];
  const stream = { writableLength: 0, write: (text: string) => written.push(text) > 0 };
  const lost: number[] = [];
  const write = lineWriter(stream, (lines) => lost.push(lines));
  write("a\n");
  stream.writableLength = 2 ** 30;
  write("b\nc\n");
  write("d\n");
  stream.writableLength = 0;
  write("e\n");
  write("f\n");
  expect([written, lost]).toEqual([["a\n", "e\n", "f\n"], [3]]);
});

const ENTRY: AuditEntry = {
  time: "2026-11-22T12:00:00.000Z",
  requestId: "id-1",
  kind: "graphql",
  caller: { address: "127.0.0.1" },
  datasets: [],
  upstreamRequests: 0,
  cacheHits: 0,
  status: 200,
  outcome: "OK",
  ms: 1,
};

const NO_LOSSES = {
  onLoss: (fault: unknown) => expect.unreachable(String(fault)),
  onRecovery: () => {},
};
const STREAMS = { stdout: () => {}, stderr: () => {}, ...NO_LOSSES };

describe("the audit log", () => {
  test("goes to the end of a file that only its owner reads", async () => {
    const path = join(folder, "audit.log");
    for (const outcome of ["OK", "LEFT"]) {
      const { audit, close } = openAuditLog({ path }, STREAMS);
      audit?.({ ...ENTRY, outcome });
      await close();
    }
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "info", log: "audit", ...ENTRY },
      { level: "info", log: "audit", ...ENTRY, outcome: "LEFT" },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("goes on in a new file once it is opened again, and loses nothing", async () => {
    const path = join(folder, "rotated.log");
    const { audit, reopen, close } = openAuditLog({ path }, STREAMS);
    const write = (from: number) => {
      for (let i = from; i < from + 100; i++) audit?.({ ...ENTRY, ms: i });
    };
    write(0);
    renameSync(path, `${path}.1`);
    reopen();
    write(100);
    await close();
    // Lines that still wait for the disk go into the new file.
    const all = [`${path}.1`, path].flatMap((each) => readFileSync(each, "utf8").split("\n").filter(Boolean));
    expect(all.map((line) => JSON.parse(line).ms)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(readFileSync(path, "utf8")).not.toBe("");
  });

  test.each(["file", "stdout"] as const)(
    "in a %s has what waits where the process ends at once",
    async (target) => {
      const path = join(folder, "ended.log");
      const script = `
      const { openAuditLog } = await import(${JSON.stringify(new URL("../src/cli/audit-log.ts", import.meta.url))});
      const stdout = (text) => process.stdout.write(text);
      const target = ${JSON.stringify(target === "stdout" ? target : { path })};
      const { audit } = openAuditLog(target, { stdout, stderr: stdout, onLoss() {}, onRecovery() {} });
      for (let i = 0; i < 3; i++) audit({ ...${JSON.stringify(ENTRY)}, ms: i });
      throw new Error("a fault");`;
      const { code, output } = await runCommand([
        process.execPath,
        "--input-type=module",
        "--eval",
        script,
      ]).ended();
      expect(code).toBe(1);
      const lines = (target === "stdout" ? output : readFileSync(path, "utf8"))
        .split("\n")
        .filter((line) => line.startsWith("{"));
      expect(lines.map((line) => JSON.parse(line).ms)).toEqual([0, 1, 2]);
    },
  );

  test.each([{}, { WORKERS: "2" }])(
    "%o has all lines where their reader is slow at the end",
    {
      tags: "deep",
    },
    async (workers) => {
      const { gateway, url } = await serve({ settings: { AUDIT_LOG: "stdout", ...workers } });
      gateway.child.stdout?.pause();
      for (let i = 0; i < 15; i++)
        await Promise.all(Array.from({ length: 100 }, () => ask(url, "{ __typename }")));
      gateway.child.kill("SIGTERM");
      await sleep(300);
      gateway.child.stdout?.resume();
      const { code, output } = await gateway.ended();
      expect([code, output.split("\n").filter((line) => line.includes('"log":"audit"')).length]).toEqual([
        0, 1_500,
      ]);
    },
  );

  test.each(["stdout", "stderr"] as const)("goes to %s, all lines of a turn at once", async (target) => {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    const { audit, close } = openAuditLog(target, { ...STREAMS, [target]: write });
    audit?.(ENTRY);
    audit?.({ ...ENTRY, requestId: "id-2" });
    await new Promise((resolve) => setImmediate(resolve));
    audit?.({ ...ENTRY, requestId: "id-3" });
    await close();
    const ids = written.map((text) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).requestId),
    );
    expect(ids).toEqual([["id-1", "id-2"], ["id-3"]]);
    expect(JSON.parse(written[1] ?? "")).toMatchObject({ level: "info", log: "audit" });
  });

  test("that cannot be opened stops the start, with the reason", { tags: "deep" }, async () => {
    const path = join(folder, "nowhere", "audit.log");
    expect(() => openAuditLog({ path }, STREAMS)).toThrow(ConfigError);
    const { code, output } = await run(["serve", "--port", "0", "--audit-log", path]).ended();
    expect([code, output]).toEqual([1, `AUDIT_LOG: ${path} cannot be opened (ENOENT).\n`]);
  });

  test("loses lines where the disk is full, says so once, and counts them", async () => {
    const told: unknown[] = [];
    const file = new AuditFile("/dev/full", {
      onLoss: (fault) => told.push((fault as NodeJS.ErrnoException).code),
      onRecovery: (lines) => told.push(lines),
    });
    for (let i = 0; i < 10; i++) {
      file.write(ENTRY);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await file.close();
    expect(told).toEqual(["ENOSPC"]);
  });

  test("loses what the disk is too slow for instead of keeping it", async () => {
    const told: unknown[] = [];
    const path = join(folder, "slow.log");
    const file = new AuditFile(path, {
      onLoss: (fault) => told.push((fault as Error).message),
      onRecovery: (lines) => told.push(lines),
    });
    for (let i = 0; i < 3_000; i++) file.write(ENTRY); // in one go, while nothing can be written
    await file.close();
    const kept = readFileSync(path, "utf8").split("\n").filter(Boolean).length;
    expect(kept).toBeLessThan(3_000);
    expect(told).toEqual(["the audit log is slow", 3_000 - kept]);
  });

  test("does not end the process: a gateway with a full audit log answers, and ends on SIGTERM", {
    tags: "deep",
  }, async () => {
    const { gateway, url } = await serve({ settings: { AUDIT_LOG: "/dev/full" } });
    for (let i = 0; i < 5; i++)
      expect((await ask(url, "{ __typename }")).data).toEqual({ __typename: "Query" });
    const output = await gateway.printed("its lines are lost");
    expect(output.split("its lines are lost")).toHaveLength(2);
    gateway.child.kill("SIGTERM");
    expect((await gateway.ended()).code).toBe(0);
  });
});
