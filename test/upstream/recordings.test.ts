import { expect, test } from "vitest";
import { addDays, type Day, day, startOf } from "../../src/domain/day.ts";
import { Credential } from "../../src/upstream/access/credential.ts";
import { KeyOwners } from "../../src/upstream/pages/key-owners.ts";
import {
  EXPORTS_PER_MONTH,
  figuresName,
  RECORDED_DAYS,
  Recordings,
} from "../../src/upstream/pages/recordings.ts";
import { memoryArchive } from "../memory-archive.ts";

const MONTH = day("2026-01-01");
const EXPORT_MS = 4 * 3_600_000;
const ENDPOINT = { dataset: "ENTERPRISE_COST", key: "analytics" } as const;

function opened(key = "sk-one", owner: string | null = "org_one", archive = memoryArchive()) {
  const baseUrl = new URL("https://api.example/");
  const owners = new KeyOwners(archive, baseUrl, async () => owner);
  const credentials = { analytics: new Credential(key), admin: null };
  const recordings = new Recordings({ archive, owners, baseUrl, credentials, now: () => 0 });
  const recording = recordings.of(ENDPOINT);
  if (recording === null) throw new Error("nothing is recorded");
  return { archive, recordings, recording };
}

const readingAt = (watermark: number, days: Readonly<Record<string, string>>, month = MONTH) => ({
  month,
  watermark,
  isFinal: false,
  readAt: watermark + 1,
  days: new Map(Object.entries(days) as [Day, string][]),
});

test("a day is written when an export changes it, and read as each export had it", async () => {
  const { archive, recording } = opened();
  await recording.add(readingAt(1, { "2026-01-01": "a" }));
  await recording.add(readingAt(2, { "2026-01-01": "a", "2026-01-02": "b" }));
  await recording.add(readingAt(3, { "2026-01-02": "c" }));
  await recording.add(readingAt(3, { "2026-01-02": "never" }));
  const lines = [...archive.logs.values()].flatMap((log) => [...log.keys()]);
  expect(lines.filter((name) => name.startsWith("day ")).toSorted()).toEqual([
    "day 2026-01-01 1",
    "day 2026-01-01 3", // without usage now
    "day 2026-01-02 2",
    "day 2026-01-02 3",
  ]);
  const second = await recording.month(MONTH, 2);
  expect([...(second?.changedBy ?? [])]).toEqual([
    ["2026-01-01", 1],
    ["2026-01-02", 2],
  ]);
  const days = [{ day: day("2026-01-02"), changedBy: 2 }];
  expect([...(await recording.figures(MONTH, days))]).toEqual([[figuresName(day("2026-01-02"), 2), "b"]]);
  expect(await recording.month(MONTH, 4)).toBeNull();
});

test("a month keeps its newest exports, with all of their figures", async () => {
  const { archive, recording } = opened();
  for (let i = 0; i < EXPORTS_PER_MONTH + 8; i++)
    await recording.add(readingAt(i * EXPORT_MS, { "2026-01-01": "still", "2026-01-02": `${i % 5}` }));
  const exports = await recording.exports(MONTH);
  expect([exports.length, exports[0]?.watermark]).toEqual([EXPORTS_PER_MONTH, 8 * EXPORT_MS]);
  const oldest = await recording.month(MONTH, 8 * EXPORT_MS);
  const days = [...(oldest?.changedBy ?? [])].map(([of, changedBy]) => ({ day: of, changedBy }));
  expect([...(await recording.figures(MONTH, days)).values()].toSorted()).toEqual(["3", "still"]);
  const lines = [...archive.logs.values()].reduce((sum, log) => sum + log.size, 0);
  expect(lines).toBeLessThan(2 * EXPORTS_PER_MONTH + 5);
});

test("months and exports older than the bound are dropped", async () => {
  const { archive, recordings, recording } = opened();
  const until = addDays(MONTH, 31 + RECORDED_DAYS);
  await recordings.saw(ENDPOINT, { watermark: startOf(MONTH), fetchedAt: startOf(MONTH) });
  await recording.add(readingAt(startOf(MONTH), { "2026-01-01": "a" }));
  await recording.add(readingAt(startOf(until), { [until]: "b" }, until));
  await recording.trim(startOf(addDays(until, -1)));
  expect(await recording.exports(MONTH)).toHaveLength(1);
  await recording.trim(startOf(until));
  expect(await recording.exports(MONTH)).toEqual([]);
  expect(await recording.seen()).toEqual([]);
  expect(await recording.exports(until)).toHaveLength(1);
  expect([...archive.logs.values()].flatMap((log) => [...log.keys()]).toSorted()).toEqual([
    until,
    `day ${until} ${startOf(until)}`,
    `export ${startOf(until)}`,
  ]);
});

test("records of one key are read with another key of the organization, and by no other organization", async () => {
  const { archive, recordings, recording } = opened();
  await recordings.saw(ENDPOINT, { watermark: 1, fetchedAt: 5 }); // before the organization is known
  await recording.add(readingAt(1, { "2026-01-01": "a" }));
  await recordings.saw(ENDPOINT, { watermark: 2, fetchedAt: 6 });
  expect((await recording.seen()).map(({ watermark }) => watermark)).toEqual([1, 2]);
  const next = opened("sk-two", "org_one", archive);
  await next.recording.add(readingAt(3, { "2026-01-01": "b" })); // upstream has said whose key it is
  expect((await next.recording.exports(MONTH)).map(({ watermark }) => watermark)).toEqual([1, 3]);
  expect((await next.recording.seen()).map(({ watermark }) => watermark)).toEqual([2]);
  const other = opened("sk-three", "org_two", archive);
  expect([await other.recording.exports(MONTH), await other.recording.seen()]).toEqual([[], []]);
});
