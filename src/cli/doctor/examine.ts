import { clockFrom } from "../../clock.ts";
import type { Instant } from "../../domain/day.ts";
import { redact } from "../../server/observability/redact.ts";
import type { Environment } from "../../settings/settings.ts";
import type { Finding } from "./finding.ts";
import { checkIssuer } from "./issuer-check.ts";
import { checkFiles, checkSettings } from "./settings-check.ts";
import { checkStore } from "./store-check.ts";
import { checkUpstream, mostRequests } from "./upstream-check.ts";

export interface ExamineOptions {
  /** Receives the most upstream requests there will be, before the first. */
  readonly onStart: (mostRequests: number) => void;
  /** The clock of the machine, where it is not simulated. */
  readonly machineClock?: () => Instant;
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** Upstream requests. */
  readonly requests: number;
}

/** Examines the settings of an environment and what they depend on. */
export async function examine(
  environment: Environment,
  { onStart, machineClock }: ExamineOptions,
): Promise<Examination> {
  const { config, findings } = checkSettings(environment);
  if (config === null) return examination(findings, 0);
  onStart(mostRequests(config));
  const now = config.clock === null ? (machineClock ?? Date.now) : clockFrom(config.clock);
  const files = checkFiles(config, now);
  const { store, findings: ofStore } = await checkStore(config);
  const ofIssuer = await checkIssuer(config, now);
  const { requests, findings: ofUpstream } = await checkUpstream(config, { store, now });
  await store?.dispose();
  return examination([...findings, ...files, ...ofStore, ...ofIssuer, ...ofUpstream], requests);
}

function examination(findings: readonly Finding[], requests: number): Examination {
  const written = findings.map((finding) => ({
    ...finding,
    text: redact(finding.text),
    action: finding.action && redact(finding.action),
  }));
  return { findings: written, requests };
}
