import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TargetError } from "../../src/cli/export-target.ts";
import { openS3File, type S3File } from "../../src/cli/s3-file.ts";
import { readConfig } from "../../src/config.ts";
import { type Mark, type Piece, START } from "../../src/server/export/write.ts";
import { endAll, run } from "../process.ts";
import { duckdb, fileOf } from "./duckdb.ts";
import { BUCKET, S3Server } from "./s3-server.ts";

const KEYS = {
  accessKeyId: "AKIAEXAMPLEOFATEST01",
  secretAccessKey: "c2VjcmV0/of+a+test/that+no+log+may+hold0",
  region: "eu-central-1",
};

let server: S3Server;
let url = "";
beforeEach(async () => {
  server = new S3Server(KEYS);
  url = await server.listen();
});
afterEach(async () => {
  await endAll();
  server.close();
});

const environmentOf = () => ({
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  AWS_REGION: KEYS.region,
  AWS_ENDPOINT_URL: url,
});

const KEY = "claude/date=2026-10/spend.parquet";

function opened(
  environment: object = {},
  to = `s3://${BUCKET}/${KEY}`,
  signal = new AbortController().signal,
) {
  return openS3File(to, readConfig({ ...environmentOf(), ...environment }), { begun: 0, signal });
}

/** Pieces of a file of so many bytes, which differ. */
function* piecesOf(bytes: number, each = 3 * 2 ** 20): Generator<Piece> {
  const text = Buffer.from(Array.from({ length: each }, (_, i) => (i * 7 + (i >> 8)) % 251));
  for (let sent = 0; sent < bytes; sent += each) {
    const piece = text.subarray(0, Math.min(each, bytes - sent));
    const mark: Mark = { ...START, bytes: sent + piece.length };
    yield { bytes: piece, mark, done: null };
  }
}

const manifestBy = (sha256: string) => ({ ...MANIFEST, sha256 });
const MANIFEST = {
  export: "spend",
  parameters: "",
  columns: [],
  rows: 0,
  totals: {},
  organization: null,
  source: null,
  range: null,
  state: null,
  refreshedAt: null,
  stale: false,
  bytes: 0,
  sha256: "",
};

/** Writes a file, and closes the target whatever happens. */
async function write(target: S3File, bytes: number): Promise<void> {
  try {
    for (const piece of piecesOf(bytes)) await target.append(piece);
    await target.finish(manifestBy, () => "");
  } finally {
    await target.close();
  }
}

const writing = async (bytes: number, environment = {}) => write(await opened(environment), bytes);

test.each([
  ["no byte", 0, 4],
  ["less than a part", 1_000, 4],
  ["exactly a part", 8 * 2 ** 20, 4],
  ["several parts", 30 * 2 ** 20, 7],
])("a file of %s is an object with its manifest beside it", async (_name, bytes, calls) => {
  await write(await opened(), bytes);
  const object = server.objects.get(KEY);
  const expected = Buffer.concat([...piecesOf(bytes)].map((piece) => piece.bytes));
  expect(object?.equals(expected)).toBe(true);
  const manifest = JSON.parse(String(server.objects.get(`${KEY}.manifest.json`)));
  expect(manifest.sha256).toBe(createHash("sha256").update(expected).digest("hex"));
  expect([server.calls.length, server.uploads.size, server.wrong]).toEqual([calls, 0, []]);
  expect(server.largest).toBeLessThanOrEqual(8 * 2 ** 20);
});

test("nothing is visible before the file is complete, and an upload that is given up leaves no parts", async () => {
  const target = await opened();
  for (const piece of piecesOf(20 * 2 ** 20)) await target.append(piece);
  expect([server.objects.size, server.uploads.size]).toEqual([0, 1]);
  await target.close();
  expect([server.objects.size, server.uploads.size]).toEqual([0, 0]);
});

test("figures that were refreshed begin the file again", async () => {
  const target = await opened();
  for (const piece of piecesOf(20 * 2 ** 20)) await target.append(piece);
  await target.unsettle();
  expect(target.mark).toEqual(START);
  await write(target, 1_000);
  expect(server.objects.get(KEY)?.length).toBe(1_000);
  expect(server.uploads.size).toBe(0);
});

describe("a service that fails", () => {
  test.each([
    ["begin", "POST", "uploads"],
    ["a part", "PUT", "partNumber"],
    ["the completion", "POST", "uploadId"],
    ["the manifest", "PUT", ""],
  ])("for a moment at %s is asked again", async (_name, method, parameter) => {
    let left = 2;
    server.fault = (call) =>
      call.method === method &&
      (parameter === "" ? call.query.size === 0 : call.query.has(parameter)) &&
      left-- > 0
        ? left === 0
          ? "reset"
          : { status: 503, code: "SlowDown" }
        : null;
    await write(await opened(), 20 * 2 ** 20);
    expect(server.objects.get(KEY)?.length).toBe(20 * 2 ** 20);
    expect(left).toBeLessThan(1);
  });

  test("for good in the middle of a file leaves neither an object nor parts", async () => {
    server.fault = ({ query }) =>
      query.get("partNumber") === "2" ? { status: 500, code: "InternalError" } : null;
    await expect(writing(20 * 2 ** 20)).rejects.toThrow("the service answered 500 InternalError");
    expect([server.objects.size, server.uploads.size]).toEqual([0, 0]);
  });

  test("to complete a file that it answered with 200 is a failure", async () => {
    server.fault = ({ method, query }) =>
      method === "POST" && query.has("uploadId") ? { status: 200, code: "InternalError" } : null;
    await expect(writing(20 * 2 ** 20)).rejects.toThrow("InternalError");
    expect(server.objects.size).toBe(0);
  });
});

test.each([
  [{ AWS_SECRET_ACCESS_KEY: "another" }, "SignatureDoesNotMatch; AWS_SECRET_ACCESS_KEY does not belong"],
  [{ AWS_ACCESS_KEY_ID: "AKIAANOTHER" }, "InvalidAccessKeyId; AWS_ACCESS_KEY_ID is not a key"],
  [{ AWS_REGION: "us-east-1" }, "AuthorizationHeaderMalformed; set AWS_REGION"],
  [{ AWS_ACCESS_KEY_ID: "" }, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
])("%j is refused at once, in words without a key", async (environment, words) => {
  const failure = await writing(10, environment).catch((fault: unknown) => fault);
  expect(failure).toBeInstanceOf(TargetError);
  expect(failure).toMatchObject({ message: expect.stringContaining(words), isUnusable: true });
  expect(String((failure as TargetError).stack)).not.toMatch(/AKIA\w|c2VjcmV0|another/);
  expect(server.calls.length).toBeLessThanOrEqual(1);
  expect(server.objects.size).toBe(0);
});

test("the token of a temporary key is signed", async () => {
  server.close();
  server = new S3Server({ ...KEYS, sessionToken: "a/token+of=a-session" });
  url = await server.listen();
  await write(await opened({ AWS_SESSION_TOKEN: "a/token+of=a-session" }), 10);
  expect(server.objects.get(KEY)?.length).toBe(10);
  await expect(writing(10)).rejects.toThrow("InvalidToken");
});

test.each([
  ["s3://exports", "the key after the bucket is missing", "s3://exports/KEY"],
  ["s3://exports/", "the key after the bucket is missing", "s3://exports/KEY"],
  ["s3:///spend.csv", "the name of the bucket is missing", "s3://BUCKET/spend.csv"],
  ["s3://Exports/spend.csv", "`Exports` has capital letters", "s3://exports/spend.csv"],
  ["s3://the_exports/spend.csv", "`the_exports` has characters other than", "s3://the-exports/spend.csv"],
  ["s3://ex/spend.csv", "`ex` does not have 3 to 63 characters", "s3://BUCKET/spend.csv"],
  [`s3://${"e".repeat(64)}/a.csv`, "does not have 3 to 63 characters", `s3://${"e".repeat(63)}/a.csv`],
  ["s3://-exports/spend.csv", "`-exports` does not begin and end with a letter", "s3://exports/spend.csv"],
  ["s3://our..exports/spend.csv", "has two dots in a row", "s3://our.exports/spend.csv"],
  ["s3://10.0.0.1/spend.csv", "has the form of an IP address", "s3://BUCKET/spend.csv"],
  ["s3://exports//spend.csv", "two in a row", "s3://exports/spend.csv"],
  ["s3://exports/../spend.csv", "the part `..` of the key", "s3://exports/spend.csv"],
  ["s3://exports/a b.csv", "the part `a b.csv` of the key", "s3://exports/a-b.csv"],
  ["s3://exports/a?uploads.csv", "the part `a?uploads.csv` of the key", "s3://exports/a-uploads.csv"],
  ["s3://exports/%2e%2e/spend.csv", "the part `%2e%2e` of the key", "s3://exports/-2e-2e/spend.csv"],
  ["s3://user:password@exports/spend.csv", "the URL has credentials", "s3://BUCKET/KEY"],
  ["s3://user:password/a@exports/spend.csv", "the URL has credentials", "s3://BUCKET/KEY"],
  ["s3://Exports/a b", "`Exports` has capital letters, and the part `a b`", "s3://exports/a-b"],
  [`s3://exports/${"k".repeat(1_001)}`, "the key has 1001 characters, and can have 1000", "s3://exports/KEY"],
])("%s is refused with its fault and the nearest place to write to", async (to, fault, nearest) => {
  const error: unknown = await opened({}, to).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TargetError);
  expect(String(error)).toContain(fault);
  expect(String(error)).toContain(`write \`${nearest}\``);
  expect(String(error)).not.toContain("password");
  expect(server.calls).toEqual([]);
});

describe("the command", { tags: "deep" }, () => {
  const SANDBOX = { SANDBOX_USERS: "40", CLOCK: "2026-11-22T12:00:00Z" };
  const toS3 = (parameters: readonly string[], environment = {}, key = KEY) =>
    run(["export", ...parameters, "--out", `s3://${BUCKET}/${key}`], {
      ...SANDBOX,
      ...environmentOf(),
      ...environment,
    });

  test("writes to a bucket, and prints no key", async () => {
    const { code, output } = await toS3(["spend", "period=LAST_MONTH"]).ended();
    expect(code, output).toBe(0);
    expect(output).toMatch(/s3:\/\/exports\/claude\/date=2026-10\/spend.parquet: \d+ rows, net_usd [\d.]+/);
    expect(output).not.toContain(KEYS.accessKeyId);
    expect(output).not.toContain(KEYS.secretAccessKey);
    const manifest = JSON.parse(String(server.objects.get(`${KEY}.manifest.json`)));
    const file = fileOf(server.objects.get(KEY) ?? Buffer.alloc(0));
    const [sum] = await duckdb(`SELECT count(*) AS rows, sum(net_usd) AS net FROM '${file}'`);
    expect(sum).toMatchObject({
      rows: `${manifest.rows}`,
      net: expect.stringContaining(manifest.totals.net_usd),
    });
  });

  test("stopped by a signal leaves nothing behind, and says so", async () => {
    let begun = () => {};
    const uploading = new Promise<void>((resolve) => {
      begun = resolve;
    });
    server.fault = ({ query }) => {
      if (query.has("partNumber")) begun();
      return null;
    };
    const many = { SANDBOX_USERS: "2000", SANDBOX_RATE_LIMIT: "off", UPSTREAM_PER_MINUTE: "10000" };
    const stopped = toS3(["spend", "from=2026-08-01", "until=2026-11-01"], many, "spend.csv");
    await Promise.race([uploading, stopped.ended()]);
    stopped.child.kill("SIGTERM");
    const { code, output } = await stopped.ended();
    expect([code, output]).toEqual([1, expect.stringContaining("Stopped before the file was complete")]);
    expect([server.objects.size, server.uploads.size]).toEqual([0, 0]);
  }, 120_000);

  test("with credentials in its target exits with 2 and does not repeat them", async () => {
    const { code, output } = await run(
      ["export", "spend", "period=LAST_MONTH", "--out", "s3://user:canary/word@Exports/spend.csv"],
      { ...SANDBOX, ...environmentOf() },
    ).ended();
    expect([code, output]).toEqual([
      2,
      expect.stringContaining("Cannot write s3://Exports/spend.csv: the URL has credentials"),
    ]);
    expect(output).not.toMatch(/canary|word@/);
    expect(server.calls).toEqual([]);
  });

  test("with keys that are refused exits with 2 without an upstream request", async () => {
    const { code, output } = await toS3(["spend", "period=LAST_MONTH"], {
      AWS_SECRET_ACCESS_KEY: "another",
    }).ended();
    expect([code, output]).toEqual([2, expect.stringContaining("SignatureDoesNotMatch")]);
    expect(output).not.toMatch(/another|upstream requests/);
  });
});
