import { closed } from "../../analytics/datasets.ts";
import { namesOfOne, organizationOf } from "../../analytics/join.ts";
import { isInTenant, listOfNames, nameOf } from "../../analytics/organizations.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Config } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { ClosedReason, Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { GatewayError, type Outage } from "../../errors.ts";
import { proxyFor } from "../../proxies.ts";
import { KEY_SETTINGS } from "../../settings/upstream.ts";
import { DATASET_ENDPOINTS } from "../../upstream/dataset-endpoints.ts";
import { type KeyFamily, ORGANIZATION_OF_KEY, VARIABLE_OF_KEY } from "../../upstream/endpoint.ts";
import {
  type Check,
  type Finding,
  type FindingCode,
  ok,
  problem,
  sentence,
  skipped,
  warning,
} from "./finding.ts";
import { isUnreachable, openProbe } from "./probe.ts";

/** Groups of datasets that are open or closed together, in the order in which they are asked. */
const RIGHTS = {
  analytics: [
    ["ACTIVITY_SUMMARIES", "Activity, cost and usage of the Enterprise organization"],
    ["UNIFIED_ENTERPRISE_COST", "Newer reports of cost and usage of the Enterprise organization"],
    ["ENTERPRISE_ORGANIZATION", "The Enterprise organization"],
    ["ENTERPRISE_MEMBERS", "Names of members of the Enterprise organization"],
    ["GROUPS", "Groups of the Enterprise organization, which are the teams without TEAMS_FILE"],
    ["SPEND_LIMITS", "Spend limits of the Enterprise organization"],
  ],
  admin: [
    [
      "WORKSPACES",
      "Claude Code, cost, usage, members, workspaces and rate limits of the Console organization",
    ],
    ["UNIFIED_CONSOLE_COST", "Newer reports of cost and usage of the Console organization"],
  ],
} as const satisfies Readonly<Record<KeyFamily, readonly (readonly [Dataset, string])[]>>;

const CHECK_OF_KEY = { analytics: "enterprise", admin: "console" } as const satisfies Record<
  KeyFamily,
  Check
>;

const FAMILIES = ["analytics", "admin"] as const satisfies readonly KeyFamily[];

/** A key that upstream does not recognize is tried as one of the other kind of organization too. */
const PROOF_REQUESTS = 1;

/** The most upstream requests of an examination with these keys. */
export function mostRequests({ sandbox, tenants }: Config): number {
  if (sandbox !== null) return 0;
  const keys = tenants.flatMap(({ credentials }) => FAMILIES.filter((key) => credentials[key] !== null));
  const compared = tenants.length > 1 ? keys.length : 0;
  return keys.reduce((sum, key) => sum + RIGHTS[key].length + PROOF_REQUESTS, compared);
}

export interface UpstreamCheckOptions {
  readonly store: SharedStore | null;
  readonly now: () => Instant;
  /** Names of the settings with a fault. */
  readonly faulty: ReadonlySet<string>;
}

const KEYS_OF = {
  analytics: KEY_SETTINGS.analytics,
  admin: [...KEY_SETTINGS.admin, ...KEY_SETTINGS.adminToken],
} as const;

export interface UpstreamCheck {
  readonly findings: readonly Finding[];
  readonly requests: number;
}

/**
 * Asks upstream what each key opens, as the gateway does for `datasets`: one request for each right, tried once. They count in the
 * minute that `store` shares; nothing is read from it or kept.
 */
export async function checkUpstream(
  config: Config,
  { store, now, faulty }: UpstreamCheckOptions,
): Promise<UpstreamCheck> {
  if (config.sandbox !== null) return { findings: [NO_KEY], requests: 0 };
  const unusable = FAMILIES.filter((key) => KEYS_OF[key].some(({ name }) => faulty.has(name)));
  const ofUnusable = unusable.map((key) =>
    skipped(CHECK_OF_KEY[key], "Its key cannot be used, so it was not asked what it opens."),
  );
  if (mostRequests(config) === 0 && unusable.length > 0) return { findings: ofUnusable, requests: 0 };
  const { app, requests, aheadMs, outages } = openProbe(config, { store, now, most: mostRequests(config) });
  const findings: Finding[] = [];
  const contexts = app.contexts(AbortSignal.timeout(LONGEST_MS), "warm");
  for (const ctx of contexts)
    for (const key of FAMILIES)
      if (!unusable.includes(key)) findings.push(...(await keyFindings(ctx, key, outages)));
  for (const key of FAMILIES) findings.push(...(await idFindings(contexts, key)));
  await app.dispose();
  return {
    findings: [wayTo(config, outages), clockOf(config, aheadMs()), ...findings, ...ofUnusable],
    requests: requests(),
  };
}

/** The whole minute of requests can be in use when the examination begins. */
const LONGEST_MS = 180_000;

const NO_KEY = warning(
  "upstream",
  "NO_KEY",
  "No key is set, so the gateway answers from the sandbox: every figure is simulated.",
  "For your own figures set ANTHROPIC_ANALYTICS_KEY for the Enterprise organization, ANTHROPIC_ADMIN_KEY for the Console organization, or both.",
);

async function keyFindings(
  ctx: Context,
  key: KeyFamily,
  outages: readonly Outage[],
): Promise<readonly Finding[]> {
  const check = CHECK_OF_KEY[key];
  const rights = RIGHTS[key];
  const { tenant } = ctx.upstream;
  const organization = tenant.name === null ? null : nameOf(ctx, ORGANIZATION_OF_KEY[key]);
  if (organization !== null && !isInTenant(ctx, ORGANIZATION_OF_KEY[key])) return [];
  if (organization !== null && !ctx.upstream.has(key))
    return [
      skipped(
        check,
        `The organization ${organization} has no key.`,
        "Set the key that ORGANIZATIONS_FILE names.",
      ),
    ];
  if (!ctx.upstream.has(key))
    return [
      skipped(
        check,
        `No key of ${key === "analytics" ? "an Enterprise" : "a Console"} organization is set.`,
        `Set ${VARIABLE_OF_KEY[key]} if there is one.`,
      ),
    ];
  const findings: Finding[] = [];
  for (const [dataset, what] of rights) {
    const network = outages.find(isUnreachable);
    if (network !== undefined) {
      const text = "It was not asked what this key opens, since upstream cannot be reached.";
      return findings.length > 0 ? findings : [skipped(check, text)];
    }
    const refusal = await closed(ctx, DATASET_ENDPOINTS[dataset]);
    const outage = outages.at(-1);
    const subject = organization === null ? what : `${organization}: ${what}`;
    if (refusal === null) findings.push(ok(check, `${subject}: open.`));
    else if (outage !== undefined && isUnreachable(outage)) continue;
    else if (ofWholeKey(refusal.reason)) return [keyProblem(check, key, refusal.reason, organization)];
    else findings.push(rightFinding(check, subject, refusal, outage));
  }
  return findings;
}

/** Keys of one organization under several names, and ids that the operator states otherwise, by the id that upstream states for each key. */
async function idFindings(contexts: readonly Context[], key: KeyFamily): Promise<readonly Finding[]> {
  const kind = ORGANIZATION_OF_KEY[key];
  const able = contexts.filter(({ upstream }) => upstream.has(key));
  if (able.length < 2) return [];
  const shown = await Promise.all(
    able.map(async (ctx) => {
      try {
        const { organizationId } = await organizationOf(ctx, kind);
        return [{ name: nameOf(ctx, kind), organizationId }];
      } catch (fault) {
        if (fault instanceof GatewayError) return []; // the findings about the key say why
        throw fault;
      }
    }),
  );
  const same = namesOfOne(shown.flat()).map((names) =>
    problem(
      CHECK_OF_KEY[key],
      "SAME_ORGANIZATION",
      `The keys of ${listOfNames(names)} belong to the same organization.`,
      "Correct the keys, or leave only one of these names in ORGANIZATIONS_FILE: figures of both are those of one organization.",
    ),
  );
  const stated = contexts.flatMap(({ upstream }) => upstream.tenant.organizations);
  const wrong = shown.flat().filter(({ name, organizationId }) => {
    const id = stated.find((each) => each.name === name)?.id ?? null;
    return id !== null && id !== organizationId.toLowerCase();
  });
  return [
    ...same,
    ...wrong.map(({ name }) =>
      problem(
        CHECK_OF_KEY[key],
        "WRONG_ID",
        `The \`id\` of ${name} in ORGANIZATIONS_FILE is not the one of its key.`,
        "State the one that `organization { organizationId }` has, or correct the key: the figures of its parent name children by this id.",
      ),
    ),
  ];
}

function ofWholeKey(reason: ClosedReason): boolean {
  return reason === "KEY_REFUSED" || reason === "WRONG_ORGANIZATION";
}

function keyProblem(
  check: Check,
  key: KeyFamily,
  reason: ClosedReason,
  organization: string | null,
): Finding {
  if (organization !== null)
    return problem(
      check,
      reason === "KEY_REFUSED" ? "KEY_REFUSED" : "WRONG_ORGANIZATION",
      reason === "KEY_REFUSED"
        ? `Upstream rejects the key of ${organization}: it is wrong, revoked or expired.`
        : `The key of ${organization} belongs to the other kind of organization, so nothing is read with it.`,
      "Correct its key, or its kind, in ORGANIZATIONS_FILE.",
    );
  const name = VARIABLE_OF_KEY[key];
  if (reason === "KEY_REFUSED")
    return problem(
      check,
      "KEY_REFUSED",
      `Upstream rejects the key in ${name}: it is wrong, revoked or expired.`,
      `Create a key in the settings of that organization, and set it as ${name}.`,
    );
  const other = key === "analytics" ? "admin" : "analytics";
  return problem(
    check,
    "WRONG_ORGANIZATION",
    `The key in ${name} belongs to the other kind of organization, so nothing is read with it.`,
    `Set it as ${VARIABLE_OF_KEY[other]}; if both are set, the two are swapped.`,
  );
}

/** Ways out, by the reason why a right is closed. */
const WAYS_OUT: Readonly<Partial<Record<ClosedReason, string>>> = {
  MISSING_SCOPE: "Create a key with that scope, since those of a key cannot be changed, and set it instead.",
  NOT_ENROLLED:
    "Nothing has to be done: the older reports answer most questions. Your contact at Anthropic can enrol the organization.",
  HIPAA_READINESS: "Nothing has to be done: the older reports answer most questions.",
  REFUSED: "Nothing has to be done: the older reports answer most questions.",
  NO_USAGE_CREDITS: "An owner can enable usage credits in the organization's settings.",
  NO_ACCESS: "Check in the organization's settings that it has analytics, and that the key has its scopes.",
  UNPROVEN_ORGANIZATION:
    "Set a key that may also read activity, or the workspaces of a Console organization.",
  UNAVAILABLE: "Run the command again later.",
};

/** Properties of the organization, with which the gateway works as it is meant to. */
const AS_MEANT: readonly ClosedReason[] = ["NOT_ENROLLED", "HIPAA_READINESS", "REFUSED", "NO_USAGE_CREDITS"];

function rightFinding(
  check: Check,
  what: string,
  { reason, why }: { readonly reason: ClosedReason; readonly why: string },
  outage: Outage | undefined,
): Finding {
  const isOutage = reason === "UNAVAILABLE" && outage !== undefined;
  // A place in an answer has the number of a row.
  const said = why.replaceAll(/\[\d+\]/g, "[]").replace(/\.$/, "");
  const because = isOutage ? `${outage.message} (${outage.code})` : said;
  const text = `${what}: closed, since ${because.charAt(0).toLowerCase()}${because.slice(1)}.`;
  const action = WAYS_OUT[reason] ?? "";
  const code: FindingCode = reason;
  return AS_MEANT.includes(reason) ? warning(check, code, text, action) : problem(check, code, text, action);
}

/** How upstream is reached. */
function wayTo({ upstream: { baseUrl, proxies } }: Config, outages: readonly Outage[]): Finding {
  const proxy = proxyFor(baseUrl, proxies);
  const setting = baseUrl.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const outage = outages.find(isUnreachable);
  if (outage === undefined)
    return ok("upstream", `Upstream answers ${proxy === null ? "without a proxy" : `through ${setting}`}.`);
  const text = sentence(`${outage.message}${proxy === null ? "" : ` (through ${setting})`}`, outage.code);
  if (proxy === null)
    return problem(
      "upstream",
      "UNREACHABLE",
      text,
      `If this network needs a proxy, set ${setting} to its URL; otherwise check the network and ANTHROPIC_BASE_URL.`,
    );
  return problem(
    "upstream",
    "PROXY",
    text,
    PROXY_ACTIONS[outage.code] ??
      `Correct ${setting}, or list the host in NO_PROXY if it is reached directly.`,
  );
}

const PROXY_ACTIONS: Readonly<Record<string, string>> = {
  PROXY_407: "Put a user name and a password that the proxy accepts into its URL, percent-encoded.",
  PROXY_403: "Let the proxy connect to the host of ANTHROPIC_BASE_URL.",
};

/** More than a network and the whole seconds of a `date` can account for. */
const TOLERANCE_MS = 60_000;

function clockOf({ clock }: Config, aheadMs: number | null): Finding {
  if (clock !== null)
    return warning(
      "clock",
      "SIMULATED_CLOCK",
      "CLOCK is set, so time is simulated.",
      "Unset it in production.",
    );
  if (aheadMs === null) return skipped("clock", "No answer of upstream says what time it is.");
  if (Math.abs(aheadMs) <= TOLERANCE_MS) return ok("clock", "The clock agrees with upstream's.");
  return problem(
    "clock",
    "CLOCK_OFF",
    `The clock of this machine is ${durationOf(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead of" : "behind"} upstream's; days, finality and the expiry of tokens are judged by it.`,
    "Synchronize the clock (NTP).",
  );
}

function durationOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1_440)} days`;
}
