import { expect } from "vitest";
import { dashboardGateway } from "./dashboard.ts";
import { expectTruth } from "./dashboard-compare.ts";
import { sweep } from "./deep.ts";

const EVENING = "2026-11-22T18:00:00Z";
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

sweep(SEEDS)("every number of the dashboard is what the base table says (seed %d)", async (seed) => {
  const settings = { MAX_UPSTREAM_REQUESTS: "1000" };
  const asked = dashboardGateway({ sandbox: { users: 60, seed }, now: EVENING, settings });
  expect(await expectTruth(asked, EVENING)).toEqual({});
});
