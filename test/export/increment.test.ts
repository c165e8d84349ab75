import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { day } from "../../src/domain/day.ts";
import { daysByState, notFinalBefore } from "../../src/server/export/increment.ts";
import { gateway, NOW } from "../gateway.ts";
import { download, refusalOf, rowsOf } from "./download.ts";

interface Line {
  readonly date: string;
  readonly net_usd: string | null;
  readonly [column: string]: unknown;
}

interface IncrementManifest {
  readonly days: readonly { readonly from: string; readonly until: string; readonly state: string }[];
  readonly nextSince: string;
  readonly range: { readonly from: string; readonly until: string } | null;
  readonly totals: Readonly<Record<string, string>>;
}

/** The rows of a file and its manifest. Addresses are looked up as they are now, so that they are not figures of a day. */
async function fileOf(gate: ReturnType<typeof gateway>, path: string) {
  const lines = (await download(gate, `${path}&manifest=line`)).trimEnd().split("\n");
  const parsed = lines.map((line) => JSON.parse(line));
  const { manifest } = parsed.at(-1) as { manifest: IncrementManifest };
  const rows = parsed.slice(0, -1).map(({ user_email: _, ...row }) => row as Line);
  return { manifest, rows };
}

/** A table of a warehouse: the days of each file are deleted, and its rows are inserted. */
class Warehouse {
  #rows: readonly Line[] = [];

  apply({ manifest: { days }, rows }: Awaited<ReturnType<typeof fileOf>>): void {
    const isReplaced = ({ date }: Line) => days.some(({ from, until }) => date >= from && date < until);
    expect(rows.every(isReplaced)).toBe(true);
    this.#rows = [...this.#rows.filter((row) => !isReplaced(row)), ...rows];
  }

  get rows(): readonly Line[] {
    return this.#rows.toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  }
}

const HOUR_MS = 3_600_000;
const WAYS = [
  { name: "the newer reports", unified: "on", parameters: "" },
  { name: "the older reports", unified: "off", parameters: "" },
  { name: "the Console's older reports", unified: "on", parameters: "&organization=console&source=LEGACY" },
] as const;

test.for(WAYS)(
  "increments applied one after the other are the full export, from $name",
  { tags: "deep" },
  async ({ unified, parameters }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1_000),
        fc.constantFrom("the manifest", "the clock"),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 24 * 40 })), {
          minLength: 2,
          maxLength: 5,
        }),
        async (seed, by, hours) => {
          const sandbox = { users: 60, seed, unified };
          let now = Date.parse("2026-06-26T03:00:00Z");
          const gate = gateway({ now: new Date(now).toISOString(), sandbox });
          const warehouse = new Warehouse();
          let since = "1970-01-01T00:00:00Z";
          const path = `spend.ndjson?from=2026-05-01&until=2027-01-01${parameters}`;
          for (const passed of [0, ...hours]) {
            now = Math.min(now + passed * HOUR_MS, Date.parse("2026-12-20T00:00:00Z"));
            gate.at(new Date(now).toISOString());
            const file = await fileOf(gate, `${path}&since=${since}`);
            warehouse.apply(file);
            since = by === "the clock" ? new Date(now).toISOString() : file.manifest.nextSince;
          }
          const whole = await fileOf(gateway({ now: new Date(now).toISOString(), sandbox }), path);
          expect(warehouse.rows).toEqual(whole.rows);
          expect(whole.rows.length).toBeGreaterThan(100);
        },
      ),
      { numRuns: 2 },
    );
  },
);

test("an increment holds the days that were not final, and says how final each is", async () => {
  const gate = gateway({ sandbox: { users: 20 } });
  const whole = await fileOf(gate, "spend.ndjson?from=2026-03-01&until=2026-12-01");
  expect(whole.manifest).toMatchObject({
    days: [
      { from: "2026-03-01", until: "2026-10-23", state: "FINAL" },
      { from: "2026-10-23", until: "2026-11-22", state: "SETTLING" },
      { from: "2026-11-22", until: "2026-11-23", state: "OPEN" },
    ],
    nextSince: NOW.replace("Z", ".000Z"),
  });
  gate.at("2026-11-25T13:00:00Z");
  const path = `spend.ndjson?from=2026-03-01&until=2026-12-01&since=${whole.manifest.nextSince}`;
  const [{ manifest, rows }, requests] = await gate.requestsOf(() => fileOf(gate, path));
  expect(manifest).toMatchObject({
    range: { from: "2026-10-16", until: "2026-11-26" },
    days: [
      { from: "2026-10-16", until: "2026-10-26", state: "FINAL" },
      { from: "2026-10-26", until: "2026-11-25", state: "SETTLING" },
      { from: "2026-11-25", until: "2026-11-26", state: "OPEN" },
    ],
    nextSince: "2026-11-25T12:00:00.000Z",
  });
  expect(rows[0]?.date).toBe("2026-10-16");
  const starts = requests.map((url) => url.searchParams.get("starting_at") ?? "2026-10-16");
  expect(starts.every((start) => start >= "2026-10-01")).toBe(true);
});

test("where all days were final the file has its columns, no row, no day, and makes no upstream request", async () => {
  const gate = gateway({ sandbox: { users: 20 } });
  const path = "from=2026-03-01&until=2026-06-01&since=2026-11-01T00:00:00Z";
  const { manifest, rows } = await fileOf(gate, `spend.ndjson?${path}`);
  expect([rows, manifest]).toEqual([
    [],
    expect.objectContaining({
      range: null,
      days: [],
      nextSince: "2026-11-01T00:00:00.000Z",
      totals: { net_usd: "0", gross_usd: "0" },
    }),
  ]);
  expect(rowsOf(await download(gate, `focus.csv?${path}`))).toEqual([]);
  expect(gate.seen).toEqual([]);
});

describe("a `since`", () => {
  test.each([
    ["spend.csv?period=LAST_MONTH&since=2026-11-01", "with its offset, as 2026-11-01T00:00:00Z"],
    ["spend.csv?period=LAST_MONTH&since=2026-11-23T00:00:00Z", "is after now"],
    ["spend.csv?period=LAST_MONTH&since=", "`since=` is not an instant"],
    ["spend.csv?period=LAST_MONTH&since=2026-11-01T00:00:00Z&since=2026-11-01T00:00:00Z", "more than once"],
    [
      "users.csv?range.last.days=7&since=2026-11-01T00:00:00Z",
      "`since` is for files with rows by day (spend, focus)",
    ],
  ])("in %s is refused without an upstream request", async (path, words) => {
    const gate = gateway({ sandbox: { users: 20 } });
    expect(await refusalOf(gate, path)).toMatchObject({
      status: 400,
      message: expect.stringContaining(words),
    });
    expect(gate.seen).toEqual([]);
  });

  test("never leaves out a day that the figures of that time did not have as final", () => {
    const range = { from: day("2026-01-01"), until: day("2026-12-01") };
    const instants = fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2026-12-31") });
    fc.assert(
      fc.property(instants, fc.nat(7 * 24), (clock, lagHours) => {
        const watermark = clock - lagHours * HOUR_MS;
        const final = daysByState(range, watermark).filter(({ state }) => state === "FINAL");
        const included = notFinalBefore(range, clock)?.from ?? range.until;
        expect(included <= (final.at(-1)?.until ?? range.from)).toBe(true);
      }),
    );
  });
});
