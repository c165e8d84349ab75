import { clockFrom } from "../../clock.ts";
import type { Instant } from "../../domain/day.ts";
import { redact } from "../../server/observability/redact.ts";
import { ACCESS } from "../../settings/access.ts";
import { AUTH, JWT } from "../../settings/auth.ts";
import { CACHE } from "../../settings/cache.ts";
import { ORGANIZATIONS_FILE } from "../../settings/organizations.ts";
import { PUBLIC_URL } from "../../settings/public-url.ts";
import type { Environment } from "../../settings/settings.ts";
import { SIGN_IN } from "../../settings/sign-in.ts";
import { UPSTREAM } from "../../settings/upstream.ts";
import type { Finding } from "./finding.ts";
import { checkIssuer } from "./issuer-check.ts";
import { checkFiles, checkSettings, skippedBy } from "./settings-check.ts";
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
  const { config, findings, faulty } = checkSettings(environment);
  const now = config.clock === null ? (machineClock ?? Date.now) : clockFrom(config.clock);
  const skips = {
    files: skippedBy("files", "TOKENS_FILE and DOCUMENTS_FILE were", FILE_SETTINGS, faulty),
    store: skippedBy("store", "The store was", Object.values(CACHE), faulty),
    issuer: skippedBy("issuer", "The issuer was", ISSUER_SETTINGS, faulty),
    upstream: skippedBy("upstream", "Upstream was", UPSTREAM_SETTINGS, faulty),
  };
  onStart(skips.upstream === null ? mostRequests(config) : 0);
  const files = skips.files === null ? checkFiles(config, now) : [skips.files];
  const { store, findings: ofStore } =
    skips.store === null ? await checkStore(config) : { store: null, findings: [skips.store] };
  const ofIssuer = skips.issuer === null ? await checkIssuer(config, now) : [skips.issuer];
  const { requests, findings: ofUpstream } =
    skips.upstream === null
      ? await checkUpstream(config, { store, now, faulty })
      : { requests: 0, findings: [skips.upstream] };
  await store?.dispose();
  return examination([...findings, ...files, ...ofStore, ...ofIssuer, ...ofUpstream], requests);
}

const FILE_SETTINGS = [...Object.values(AUTH), ACCESS.documentsFile, ORGANIZATIONS_FILE];

const PROXY_SETTINGS = [UPSTREAM.httpsProxy, UPSTREAM.httpProxy, UPSTREAM.noProxy];

const ISSUER_SETTINGS = [AUTH.kind, ...Object.values(JWT), SIGN_IN.issuer, PUBLIC_URL, ...PROXY_SETTINGS];

/** A key that cannot be used keeps no other one from being examined. */
const UPSTREAM_SETTINGS = [ORGANIZATIONS_FILE, UPSTREAM.baseUrl, ...PROXY_SETTINGS];

function examination(findings: readonly Finding[], requests: number): Examination {
  const written = findings.map((finding) => ({
    ...finding,
    text: redact(finding.text),
    action: finding.action && redact(finding.action),
  }));
  return { findings: written, requests };
}
