import {
  BUDGET_PERIODS,
  type BudgetPeriod,
  type BudgetSubject,
  dollarAmount,
  type SpendBudget,
} from "../domain/budget.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { readJsonFile, UnreadableFile } from "../operator-file.ts";
import { ConfigError } from "./config-error.ts";
import { text } from "./formats.ts";
import type { TenantConfig } from "./organizations.ts";
import { optional, type SettingsReader } from "./setting.ts";

export const BUDGETS = {
  path: optional({
    name: "BUDGETS_FILE",
    whenUnset: "no budgets",
    format: text("path"),
    meaning:
      "JSON list of budgets, `{ name, amountUsd, organization?, team? | workspace? | model? | person? | apiKey?, period?, thresholds? }`. Changes apply without a restart.",
    example: "budgets.json",
  }),
};

/** An organization that a budget can be of. */
interface StatedOrganization {
  readonly name: string;
  readonly kind: OrganizationKind;
  /** Budgets that state no organization are of the first of these; named organizations have no default. */
  readonly isDefault: boolean;
}

export interface BudgetsConfig {
  readonly path: string;
  readonly budgets: readonly SpendBudget[];
  readonly organizations: readonly StatedOrganization[];
}

/** Reads the budgets; null without a file. */
export function budgetsConfig(
  reader: SettingsReader,
  tenants: readonly TenantConfig[],
): BudgetsConfig | null {
  const path = reader.read(BUDGETS.path);
  if (path === null) return null;
  const organizations = statedOrganizations(tenants);
  const budgets = readBudgetsFile(path, organizations, reader.faults);
  return Object.freeze({ path, budgets, organizations });
}

function statedOrganizations(tenants: readonly TenantConfig[]): readonly StatedOrganization[] {
  return tenants.flatMap(({ name: tenant, organizations, credentials }) => {
    const preferred = credentials.analytics === null && credentials.admin !== null ? "CONSOLE" : "ENTERPRISE";
    return organizations.map(({ name, kind }) => ({
      name,
      kind,
      isDefault: tenant === null && kind === preferred,
    }));
  });
}

/** Reads the file again; throws ConfigError. */
export function rereadBudgets({ path, organizations }: BudgetsConfig): readonly SpendBudget[] {
  const faults: string[] = [];
  const budgets = readBudgetsFile(path, organizations, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return budgets;
}

/** Upstream takes 100 values of a filter, and each subject of one kind is a value. */
const MAX_BUDGETS = 100;
const MAX_THRESHOLDS = 10;
const MAX_PERCENT = 1_000;
const MAX_NAME = 100;
const MAX_ID = 200;
const DEFAULT_THRESHOLDS = [50, 80, 100] as const;

type Fields = Readonly<Record<string, unknown>>;

/** Reports every fault. Lines never quote the file: names of people can be in it. */
function readBudgetsFile(
  path: string,
  organizations: readonly StatedOrganization[],
  faults: string[],
): readonly SpendBudget[] {
  const fault = (where: string, what: string) => faults.push(`BUDGETS_FILE${where && ` ${where}`}: ${what}.`);
  let list: unknown;
  try {
    list = readJsonFile(path);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    fault("", `the file ${error.message}`);
    return [];
  }
  if (!Array.isArray(list) || list.length > MAX_BUDGETS) {
    fault(
      "",
      `the file is not a list of at most ${MAX_BUDGETS} budgets, such as [{ "name": "Everything", "amountUsd": 5000 }]`,
    );
    return [];
  }
  const budgets = list.flatMap((entry, i) => budgetIn(entry, `budget ${i + 1}`, organizations, fault) ?? []);
  const names = list.map((entry: unknown) => nameIn(entry));
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name);
    if (name !== null && first < i) fault(`budget ${i + 1}`, `has the \`name\` of budget ${first + 1}`);
  }
  return Object.freeze(budgets);
}

function nameIn(entry: unknown): string | null {
  const name = typeof entry === "object" && entry !== null && "name" in entry ? entry.name : null;
  return typeof name === "string" ? name.normalize("NFC").trim() : null;
}

type Fault = (where: string, what: string) => void;

function fieldsOf(value: unknown, where: string, known: readonly string[], fault: Fault): Fields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault(where, "is not a JSON object");
    return null;
  }
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const count = unknown.length === 1 ? "an unknown field" : `${unknown.length} unknown fields`;
    fault(where, `has ${count}; use ${known.map((name) => `\`${name}\``).join(", ")}`);
  }
  return value as Fields;
}

/** The fields that name the subject of a budget, of which one has at most one; without any it is the organization. */
const SUBJECT_FIELDS = {
  team: "TEAM",
  workspace: "WORKSPACE",
  model: "MODEL",
  person: "PERSON",
  apiKey: "API_KEY",
} as const satisfies Record<string, BudgetSubject>;

const FORMS: { readonly [S in BudgetSubject]?: { readonly form: RegExp; readonly expected: string } } = {
  WORKSPACE: { form: /^wrkspc_\w+$/, expected: "the id of a workspace, `wrkspc_...`" },
  API_KEY: { form: /^apikey_\w+$/, expected: "the id of an API key, `apikey_...`" },
  PERSON: { form: /^(user_\w+|[^\s@]+@[^\s@]+)$/, expected: "an address, or a `user_...` id" },
};

/** The one kind of organization that reports a subject. */
const ONLY: { readonly [S in BudgetSubject]?: OrganizationKind } = {
  WORKSPACE: "CONSOLE",
  PERSON: "ENTERPRISE",
};

function budgetIn(
  entry: unknown,
  where: string,
  organizations: readonly StatedOrganization[],
  fault: Fault,
): SpendBudget | null {
  const subjects = Object.keys(SUBJECT_FIELDS) as (keyof typeof SUBJECT_FIELDS)[];
  const known = ["name", "organization", ...subjects, "period", "amountUsd", "thresholds"];
  const fields = fieldsOf(entry, where, known, fault);
  if (fields === null) return null;
  const name = wordsIn(fields.name, "name", where, fault);
  const amount = dollarAmount(fields.amountUsd);
  if (amount === null) fault(where, `\`amountUsd\` ${faultOfAmount(fields.amountUsd)}`);
  const period = (fields.period ?? "MONTH") as BudgetPeriod;
  if (typeof period !== "string" || !Object.hasOwn(BUDGET_PERIODS, period))
    fault(where, `\`period\` is not one of ${Object.keys(BUDGET_PERIODS).join(", ")}`);
  const stated = subjects.filter((each) => fields[each] !== undefined);
  if (stated.length > 1)
    fault(where, `has ${stated.map((each) => `\`${each}\``).join(" and ")}; a budget is about one of them`);
  const [field] = stated;
  const subject = field === undefined ? "ORGANIZATION" : SUBJECT_FIELDS[field];
  const subjectId = field === undefined ? null : subjectIn(fields[field], field, where, fault);
  const organization = organizationIn(fields.organization, subject, organizations, (what) =>
    fault(where, what),
  );
  const thresholds = thresholdsIn(fields.thresholds ?? DEFAULT_THRESHOLDS, where, fault);
  if (name === null || amount === null || thresholds === null || organization === null) return null;
  return Object.freeze({ name, organization, subject, subjectId, period, amount, thresholds });
}

/** Returns why an amount is refused, without a word of it. */
function faultOfAmount(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value))
    return 'is a number with decimals, which JSON does not keep exactly; write it as text, such as "5000.50"';
  if (typeof value === "string" && /^\d+\.\d{3,}$/.test(value))
    return 'has more than two decimals; write it to the cent, such as "5000.50"';
  return 'is not an amount above 0 in dollars, as a whole number or a text of up to two decimals, such as 5000 or "5000.50"';
}

function wordsIn(value: unknown, field: string, where: string, fault: Fault): string | null {
  if (typeof value === "string" && value.trim() !== "" && value.length <= MAX_NAME && !/\p{Cc}/u.test(value))
    return value.normalize("NFC").trim();
  fault(where, `\`${field}\` is not a text of 1 to ${MAX_NAME} characters`);
  return null;
}

function subjectIn(
  value: unknown,
  field: keyof typeof SUBJECT_FIELDS,
  where: string,
  fault: Fault,
): string | null {
  const { form, expected } = FORMS[SUBJECT_FIELDS[field]] ?? { form: /./, expected: "a text" };
  if (typeof value === "string" && value.length <= MAX_ID && !/\p{Cc}/u.test(value) && form.test(value))
    return value.normalize("NFC").trim();
  fault(where, `\`${field}\` is not ${expected}`);
  return null;
}

/** Returns the name of the organization of a budget; null after a fault. */
function organizationIn(
  value: unknown,
  subject: BudgetSubject,
  organizations: readonly StatedOrganization[],
  fault: (what: string) => void,
): string | null {
  const kind = ONLY[subject] ?? null;
  const able = organizations.filter((each) => kind === null || each.kind === kind);
  const names = able.map(({ name }) => name).join(", ");
  if (able.length === 0) {
    fault(`no organization of this gateway reports the spend of a ${subject.toLowerCase()}`);
    return null;
  }
  if (value !== undefined) {
    const found = organizations.find(({ name }) => name === value);
    if (found === undefined || !able.includes(found)) {
      fault(
        found === undefined
          ? `\`organization\` is not one of ${names}`
          : `only ${names} can report the spend of a ${subject.toLowerCase()}`,
      );
      return null;
    }
    return found.name;
  }
  const [only, ...others] = able;
  const meant = others.length === 0 ? only : able.find(({ isDefault }) => isDefault);
  if (meant !== undefined) return meant.name;
  fault(`\`organization\` is missing, and several can be meant; use one of ${names}`);
  return null;
}

function thresholdsIn(value: unknown, where: string, fault: Fault): readonly number[] | null {
  const isPercent = (each: unknown): each is number =>
    typeof each === "number" && Number.isInteger(each) && each >= 1 && each <= MAX_PERCENT;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [null];
  const percents = entries.filter(isPercent);
  if (
    entries.length <= MAX_THRESHOLDS &&
    percents.length === entries.length &&
    new Set(percents).size === percents.length
  )
    return percents.toSorted((a, b) => a - b);
  fault(
    where,
    `\`thresholds\` is not a list of at most ${MAX_THRESHOLDS} different whole percents from 1 to ${MAX_PERCENT}`,
  );
  return null;
}
