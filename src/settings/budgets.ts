import type { Webhook } from "../alerts/webhook.ts";
import { RISE_SUBJECTS, type RiseRule, type RiseSubject } from "../domain/alert.ts";
import { dollarAmount, type SpendBudget } from "../domain/budget.ts";
import { readJsonFile, readOrReport } from "../operator-file.ts";
import { budgetIn, type StatedOrganization } from "./budget-entries.ts";
import type { StoreConfig } from "./cache.ts";
import { ConfigError } from "./config-error.ts";
import { fieldsOf, type ReportEntryFault } from "./file-fields.ts";
import { text } from "./formats.ts";
import type { TenantConfig } from "./organizations.ts";
import { optional, type SettingsReader } from "./setting.ts";
import { filesOf, type ReadVariable, webhookIn } from "./webhooks.ts";

export const BUDGETS = {
  path: optional({
    name: "BUDGETS_FILE",
    whenUnset: "no budgets and no alerts",
    format: text("path"),
    meaning:
      "JSON file of budgets and alerts, `{ budgets, webhooks?, rises? }`. Requires a store that outlives the process. Changes apply without a restart.",
    example: "budgets.json",
  }),
};

/** The operator's file of budgets and alerts. */
export interface BudgetsFile {
  readonly budgets: readonly SpendBudget[];
  readonly webhooks: readonly Webhook[];
  /** Null: no alerts about rises. */
  readonly rises: RiseRule | null;
  /** Files with the URLs and secrets of webhooks. */
  readonly secretFiles: readonly string[];
}

export interface BudgetsConfig {
  readonly path: string;
  /** The file at start. */
  readonly first: BudgetsFile;
  /** Reads the file again; throws ConfigError. */
  readonly reread: () => BudgetsFile;
}

/** Reads the budgets and alerts; null without a file. */
export function budgetsConfig(
  reader: SettingsReader,
  { tenants, store }: { readonly tenants: readonly TenantConfig[]; readonly store: StoreConfig | null },
): BudgetsConfig | null {
  const path = reader.read(BUDGETS.path);
  if (path === null) return null;
  if (store === null)
    reader.faults.push(
      "BUDGETS_FILE is set, and CACHE_URL is memory:, which forgets at a restart which alerts were sent; set it to sqlite:PATH or redis://HOST.",
    );
  const organizations = statedOrganizations(tenants);
  const read = (faults: string[]) =>
    readBudgetsFile(path, organizations, (name) => reader.variable(name), faults);
  const first = read(reader.faults);
  const reread = () => {
    const faults: string[] = [];
    const file = read(faults);
    if (faults.length > 0) throw new ConfigError(faults);
    return file;
  };
  return Object.freeze({ path, first, reread });
}

export function statedOrganizations(tenants: readonly TenantConfig[]): readonly StatedOrganization[] {
  return tenants.flatMap(({ name: tenant, organizations, credentials }) => {
    const preferred = credentials.analytics === null && credentials.admin !== null ? "CONSOLE" : "ENTERPRISE";
    return organizations.map(({ name, kind }) => ({
      name,
      kind,
      isDefault: tenant === null && kind === preferred,
    }));
  });
}

/** Upstream takes 100 values of a filter, and each subject of one kind is a value. */
const MAX_BUDGETS = 100;
const MAX_WEBHOOKS = 10;

const NOTHING: BudgetsFile = { budgets: [], webhooks: [], rises: null, secretFiles: [] };

/** Reports every fault. Lines never quote the file: names of people and secrets can be in it. */
function readBudgetsFile(
  path: string,
  organizations: readonly StatedOrganization[],
  variable: ReadVariable,
  faults: string[],
): BudgetsFile {
  const fault: ReportEntryFault = (where, what) =>
    faults.push(`BUDGETS_FILE${where && ` ${where}`}: ${what}.`);
  const json = readOrReport(
    () => readJsonFile(path),
    (why) => fault("", `the file ${why}`),
  );
  if (json === undefined) return NOTHING;
  if (Array.isArray(json)) {
    fault(
      "",
      'the file is a list; write the list as the field `budgets` of an object, such as { "budgets": [{ "name": "Everything", "amountUsd": 5000 }] }',
    );
    return NOTHING;
  }
  const fields = fieldsOf(json, "", ["budgets", "webhooks", "rises"], fault);
  if (fields === null) return NOTHING;
  const entries = listIn(fields.budgets, { field: "budgets", max: MAX_BUDGETS }, fault);
  const hooks = listIn(fields.webhooks, { field: "webhooks", max: MAX_WEBHOOKS }, fault);
  refuseSameNames(entries, "budget", fault);
  refuseSameNames(hooks, "webhook", fault);
  return Object.freeze({
    budgets: entries.flatMap((each, i) => budgetIn(each, `budget ${i + 1}`, organizations, fault) ?? []),
    webhooks: hooks.flatMap((each, i) => webhookIn(each, `webhook ${i + 1}`, variable, fault) ?? []),
    rises: fields.rises === undefined ? null : risesIn(fields.rises, fault),
    secretFiles: hooks.flatMap(filesOf),
  });
}

function listIn(
  value: unknown,
  { field, max }: { readonly field: string; readonly max: number },
  fault: ReportEntryFault,
): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.length <= max) return value;
  fault("", `\`${field}\` is not a list of at most ${max}`);
  return [];
}

function refuseSameNames(entries: readonly unknown[], what: string, fault: ReportEntryFault): void {
  const names = entries.map(nameIn);
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name);
    if (name !== null && first < i) fault(`${what} ${i + 1}`, `has the \`name\` of ${what} ${first + 1}`);
  }
}

function nameIn(entry: unknown): string | null {
  const name = typeof entry === "object" && entry !== null && "name" in entry ? entry.name : null;
  return typeof name === "string" ? name.normalize("NFC").trim() : null;
}

const DEFAULT_RISE = { percent: 100, floorUsd: 100 } as const;
const MAX_PERCENT = 10_000;

/** Reads the rule for a sudden rise; null after a fault. */
function risesIn(value: unknown, fault: ReportEntryFault): RiseRule | null {
  const fields = fieldsOf(value, "rises", ["of", "percent", "floorUsd"], fault);
  if (fields === null) return null;
  const of: readonly unknown[] =
    fields.of === undefined ? RISE_SUBJECTS : Array.isArray(fields.of) ? fields.of : [];
  const subjects = of.filter((each): each is RiseSubject => RISE_SUBJECTS.some((known) => known === each));
  if (subjects.length === 0 || subjects.length < of.length)
    fault("rises", `\`of\` is not a list of ${RISE_SUBJECTS.join(", ")}`);
  const percent = fields.percent ?? DEFAULT_RISE.percent;
  const isPercent =
    typeof percent === "number" && Number.isInteger(percent) && percent >= 1 && percent <= MAX_PERCENT;
  if (!isPercent) fault("rises", `\`percent\` is not a whole number from 1 to ${MAX_PERCENT}`);
  const floor = dollarAmount(fields.floorUsd ?? DEFAULT_RISE.floorUsd);
  if (floor === null)
    fault("rises", "`floorUsd` is not an amount above 0 in dollars, as `amountUsd` of a budget is written");
  if (!isPercent || floor === null) return null;
  return Object.freeze({ of: [...new Set(subjects)], percent, floor });
}
