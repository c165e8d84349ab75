import type { Alert } from "../../src/domain/alert.ts";
import { day } from "../../src/domain/day.ts";
import { NOW } from "../gateway.ts";

const AT = Date.parse(NOW);

/** An alert about a threshold of a budget that the operator has removed. */
export function alert(id: string, fields: Partial<Alert> = {}): Alert {
  return {
    id,
    event: "BUDGET_THRESHOLD",
    organization: "enterprise",
    subject: "MODEL",
    subjectId: "claude-opus",
    budget: "digest",
    percent: 80,
    range: { from: day("2026-11-01"), until: day("2026-12-01") },
    recordedAt: AT,
    watermark: AT - 1,
    spent: { cents: { units: 12_345_678_901_234_567_890n, scale: 6 }, currency: "USD" },
    expected: { cents: { units: 1n, scale: 0 }, currency: "USD" },
    projected: null,
    lacksChildren: false,
    otherRises: 0,
    ...fields,
  };
}
