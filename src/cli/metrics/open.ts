import type { Metrics } from "../../server/observability/metrics.ts";
import { VERSION } from "../../version.ts";

/** Opens the metrics of a process. One without them does not load their library. */
export async function openMetrics(): Promise<Metrics> {
  const { Metrics } = await import("../../server/observability/metrics.ts");
  return new Metrics(VERSION);
}
