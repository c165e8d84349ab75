import { loadavg } from "node:os";

/** What was measured of one way to do a thing, in rounds; times are in milliseconds. */
export interface Measured {
  readonly what: string;
  readonly perSecond: number[];
  readonly p50: number[];
  readonly p99: number[];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The medians of all rounds; the first line is the floor, which the others are so many times as slow as. */
export function print(title: string, measured: readonly Measured[]): void {
  const floor = median(measured[0]?.perSecond ?? []);
  const lines = measured.map(({ what, perSecond, p50, p99 }) =>
    [
      what.padEnd(28),
      `${Math.round(median(perSecond))}/s`.padStart(12),
      `p50 ${median(p50)} ms`.padStart(15),
      `p99 ${median(p99)} ms`.padStart(15),
      `x ${(floor / median(perSecond)).toFixed(1)}`.padStart(10),
    ].join(" "),
  );
  process.stdout.write(`${title} (load ${loadavg()[0]?.toFixed(1)})\n${lines.join("\n")}\n\n`);
}
