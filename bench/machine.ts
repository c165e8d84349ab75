import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";

/** The cores this process may use, as Linux numbers them. */
function allowedCores(): readonly number[] {
  if (platform() !== "linux") return Array.from({ length: availableParallelism() }, (_, i) => i);
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return list.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Before this process gives one up. */
const ALLOWED = allowedCores();
const [first = 0, second = first, third = second] = ALLOWED;

/** The measured server has the first core for itself; the load generator and upstream share a core if there are only two. */
export const CORES = { server: first, load: second, upstream: third } as const;

/** True where two cores are left for a server of two processes, beside those of the load generator and upstream. */
export const HAS_SERVER_CORES = ALLOWED.length >= 4;

/** The cores of a server of two processes. Where there are few, it shares one with the load generator. */
export const SERVER_CORES = HAS_SERVER_CORES ? [first, ALLOWED[3] ?? first] : [first, second];

/** Prefixes a command so that it runs on these cores. Only Linux can do this. */
export function pinned(cores: number | readonly number[], command: readonly string[]): readonly string[] {
  return platform() === "linux" ? ["taskset", "-c", [cores].flat().join(","), ...command] : command;
}

/** Moves this process, which generates the load, off the core of the servers. */
export function pinThisProcess(): void {
  if (platform() === "linux")
    execFileSync("taskset", ["-acp", String(CORES.load), String(process.pid)], { stdio: "ignore" });
}

/** Describes the machine without naming it. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  const cores = ALLOWED.length;
  return `${cores} ${cores === 1 ? "core" : "cores"} (${model}), ${memory} GiB, ${platform()}, Node ${process.version}`;
}

export const loadAverage = () => (loadavg()[0] ?? 0).toFixed(1);
