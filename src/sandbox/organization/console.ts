import { day, type Instant, startOf } from "../../domain/day.ts";
import { DAY_MS } from "../calendar.ts";
import { hash, ids } from "../random.ts";
import { createIdentities, type Identity } from "./identities.ts";
import { createServiceAccounts, type ServiceAccount } from "./service-accounts.ts";
import { createSessions, type ManagedSession } from "./sessions.ts";

/** A workspace of the Console organization. */
export interface Workspace {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
  readonly isDefault: boolean;
  readonly geo: "global" | "us";
  readonly compartment: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ApiKey {
  readonly index: number;
  readonly id: string;
  /** Not unique. */
  readonly name: string;
  /** Null: the key belongs to the organization, not to a workspace. */
  readonly workspace: Workspace | null;
  readonly status: "active" | "archived" | "expired" | "inactive";
  readonly hint: string | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly createdBy: { readonly person: number } | { readonly serviceAccount: ServiceAccount } | null;
  readonly actsAs: ServiceAccount | null;
  /** True if Claude Code runs on it. */
  readonly claudeCode: boolean;
  /** True if managed agents run on it. */
  readonly managedAgents: boolean;
  readonly volume: number;
}

/** True if a workspace or a service account was archived by then. */
export function isArchived({ archivedAt }: { readonly archivedAt: Instant | null }, now: Instant): boolean {
  return archivedAt !== null && archivedAt <= now;
}

export interface ConsoleSetup {
  readonly workspaces: readonly [Workspace, ...Workspace[]];
  readonly claudeCodeWorkspace: Workspace;
  readonly apiKeys: readonly ApiKey[];
  readonly serviceAccounts: readonly ServiceAccount[];
  readonly identities: readonly Identity[];
  /** The managed session of a number. */
  session(number: number): ManagedSession;
}

const STREAM = 50;
const SESSIONS = 59;

const WORKSPACES = [
  ["Default", "#6c5bb9"],
  ["Claude Code", "#c96442"],
  ["Production", "#2d7d46"],
  ["Staging", "#b58900"],
  ["Data pipelines", "#268bd2"],
  ["Support automation", "#d33682"],
  ["Evaluations", "#859900"],
  ["Prototype 2025", "#93a1a1"],
] as const;

type KeyPlan = readonly [name: string, workspace: number | null, volume: number];

const KEYS: readonly KeyPlan[] = [
  ["nightly-batch", 2, 2.4],
  ["nightly-batch", 3, 0.6],
  ["ci-claude-code", 1, 1],
  ["ci-claude-code", 1, 0.5],
  ["gateway", 2, 3],
  ["support-triage", 5, 2],
  ["support-summaries", 5, 1.2],
  ["embeddings-refresh", 4, 0.8],
  ["warehouse-notes", 4, 1.4],
  ["eval-harness", 6, 1.6],
  ["old-prototype", 7, 0],
  ["playground-export", 0, 0.3],
  ["organization-reports", null, 0.2],
  ["docs-search", 2, 1],
];

export function createConsole(seed: number, members: number, engineers: readonly number[]): ConsoleSetup {
  const workspaceIds = ids("wrkspc_", seed, STREAM);
  const keyIds = ids("apikey_", seed, STREAM + 1);
  const compartments = ids("cmpt_", seed, STREAM + 3);
  const opened = startOf(day("2025-02-03"));
  const after = (days: number, salt: number) =>
    opened + days * DAY_MS + (hash(seed, STREAM + 4, salt) % 40_000) * 1000;

  const workspaceAt = (index: number): Workspace => {
    const [name, color] = WORKSPACES[index] as (typeof WORKSPACES)[number];
    return {
      index,
      id: workspaceIds.of(index),
      name,
      color,
      createdAt: after(index * 17, index),
      archivedAt: name === "Prototype 2025" ? startOf(day("2026-02-10")) + 34_200_000 : null,
      isDefault: index === 0,
      geo: name === "Production" ? "us" : "global",
      compartment: compartments.of(index),
      tags: index % 3 === 1 ? { owner: "platform", stage: name === "Production" ? "live" : "internal" } : {},
    };
  };
  const defaultWorkspace = workspaceAt(0);
  const others = WORKSPACES.slice(1).map((_, i) => workspaceAt(i + 1));
  const workspaces: ConsoleSetup["workspaces"] = [defaultWorkspace, ...others];

  const serviceAccounts = createServiceAccounts(seed, engineers);
  const working = serviceAccounts.filter(({ archivedAt }) => archivedAt === null);

  const extra = Math.min(60, Math.floor(members / 100));
  const plans: KeyPlan[] = [...KEYS];
  for (let i = 0; i < extra; i++)
    plans.push([`service-${String(i + 1).padStart(2, "0")}`, 2 + (i % 5), 0.4 + (i % 4) * 0.4]);

  const apiKeys = plans.map(([name, place, volume], index): ApiKey => {
    const status = keyStatus(name, index);
    const robot = index % 5 === 4 ? (working[index % working.length] as ServiceAccount) : null;
    const creator = engineers[index % engineers.length];
    return {
      index,
      id: keyIds.of(index),
      name,
      workspace: place === null ? null : (workspaces[place] as Workspace),
      status,
      hint:
        index === 11 ? null : `sk-ant-api03-${keyIds.of(index).slice(-3)}...${keyIds.of(index).slice(9, 13)}`,
      createdAt: after(60 + index * 4, 200 + index),
      expiresAt:
        status === "expired" ? startOf(day("2026-03-01")) : index === 9 ? startOf(day("2027-12-31")) : null,
      createdBy:
        name === "old-prototype" || creator === undefined
          ? null
          : robot
            ? { serviceAccount: robot }
            : { person: creator },
      actsAs: robot,
      claudeCode: name === "ci-claude-code",
      managedAgents: name === "support-triage",
      volume: status === "active" ? volume : 0,
    };
  });

  return {
    workspaces,
    claudeCodeWorkspace: others[0] as Workspace,
    apiKeys,
    serviceAccounts,
    identities: createIdentities(seed),
    session: createSessions(seed, SESSIONS),
  };
}

function keyStatus(name: string, index: number): ApiKey["status"] {
  if (name === "old-prototype") return "archived";
  if (name === "playground-export") return "expired";
  return index === 13 ? "inactive" : "active";
}
