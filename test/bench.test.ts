import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hot } from "../bench/subjects/hot.ts";
import type { Ratio } from "../bench/table.ts";
import { endAll } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-"));
afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true });
});

/** The ratios of the run in bench/README.md, by name. */
const committed: Readonly<Record<string, number>> = JSON.parse(
  readFileSync(new URL("../bench/baseline.json", import.meta.url), "utf8"),
);

/** Processor time alone is compared: it depends little on what else the machine does. */
const isCompared = ({ name }: Ratio) => name.includes("processor time of yoga");

/** The processor time of an answer when the ratio of answers has fallen by a third. */
const A_THIRD_SLOWER = 3 / 2;

async function measuredRatios(): Promise<ReadonlyMap<string, number>> {
  const ratios = new Map<string, number>();
  const options = { folder, questions: [], seconds: 0.6, rounds: 3, queries: ["people", "year"] };
  for await (const table of hot({ ...options, ways: ["plain", "final", "plainChanging", "changing"] }))
    for (const ratio of table.ratios ?? []) if (isCompared(ratio)) ratios.set(ratio.name, ratio.value);
  return ratios;
}

test("the gateway has lost less than a third of its speed beside yoga since the committed run", {
  tags: "deep",
}, async () => {
  const best = new Map<string, number>();
  const slow = () => [...best].filter(([name, value]) => value > (committed[name] ?? 0) * A_THIRD_SLOWER);
  for (let run = 0; run < RUNS && (run === 0 || slow().length > 0); run++)
    for (const [name, value] of await measuredRatios())
      best.set(name, Math.min(value, best.get(name) ?? Number.POSITIVE_INFINITY));
  expect(best.size).toBe(4);
  expect(slow()).toEqual([]);
});

/** A regression is slow each time; a disturbance is not. */
const RUNS = 6;
