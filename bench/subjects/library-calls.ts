import { readdirSync, readFileSync } from "node:fs";
import { schema } from "../../schema/index.ts";
import { exportNames } from "../../src/server/export/open-export.ts";
import type { Call } from "../load.ts";
import { post } from "../queries.ts";

/** A request, by the name that `--questions` selects it with. */
export interface NamedCall {
  readonly name: string;
  /** `email` is the address of a member. */
  readonly call: (email: string) => Call;
}

const LIBRARY = new URL("../../schema/operations/", import.meta.url);

/** Documents that find a person by the caller, or by an address. */
const OWN: readonly string[] = ["48-my-figures", "53-my-spend-limits"];

/** The questions of the library, without variables where they need none. */
const QUESTIONS: readonly NamedCall[] = readdirSync(LIBRARY)
  .filter((file) => file.endsWith(".graphql"))
  .map((file) => {
    const name = file.slice(0, -".graphql".length);
    const text = readFileSync(new URL(file, LIBRARY), "utf8");
    return { name, call: (email) => post(text, OWN.includes(name) ? { email } : {}) };
  });

const WEEK = "range.period=LAST_7_DAYS";
const BY_DAY = `CostByDay?${WEEK}&bucket=DAY&top=4&first=1000&compare=PREVIOUS_PERIOD`;

/** The requests of each page of the dashboard as it opens. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  overview: [
    `Adoption?${WEEK}`,
    BY_DAY,
    `TopModels?${WEEK}&top=8`,
    `ClaudeCodeByDay?${WEEK}&spend=true`,
    `Connectors?${WEEK}&first=9`,
  ],
  "claude-ai": [
    "ClaudeAiTotal?period=LAST_7_DAYS",
    `ClaudeAiByDay?${WEEK}`,
    `Skills?${WEEK}&first=10&spend=true`,
    `Projects?${WEEK}&first=10&people=true`,
  ],
  "claude-code": [
    `ClaudeCodeByDay?${WEEK}&spend=true`,
    `DashboardClaudeCode?${WEEK}&spend=true&people=true`,
    `Plugins?${WEEK}&first=10`,
  ],
  spend: [
    "SpendToDate",
    "MonthEnd",
    `TopModels?${WEEK}&top=8&compare=PREVIOUS_PERIOD`,
    `TopSpenders?${WEEK}&first=10&status=false`,
  ],
  people: [
    `PeopleActivity?${WEEK}&orderBy.field=CHAT_MESSAGES&first=50&spend=false`,
    "IdleSeats?days=7&first=12",
  ],
  teams: [`Teams?${WEEK}&spend=true&overlap=true&people=true`, `ConnectorsByGroup?${WEEK}`],
};

const DAY = "from=2026-12-20&until=2026-12-21";
const RANGE = "range.between.from=2026-12-20&range.between.until=2026-12-21";

/** Parameters of the files that do not take a range alone. */
const PARAMETERS: Readonly<Record<string, string>> = {
  spend: DAY,
  focus: DAY,
  artifacts: `${RANGE}&groupBy=USER`,
  claudeCode: `${RANGE}&groupBy=ACTOR`,
  cost: `${RANGE}&groupBy=USER&groupBy=MODEL`,
  usage: `${RANGE}&groupBy=USER&groupBy=MODEL`,
  groups: "",
  idleSeats: "days=1",
  spendLimitRequests: "",
  spendLimits: "filter.periods=monthly",
};

const get =
  (path: string): NamedCall["call"] =>
  () => ({ method: "GET", path });

/** The library, the pages of the dashboard, and the files: a day of each. */
export const CALLS: readonly NamedCall[] = [
  ...QUESTIONS,
  ...Object.entries(PAGES).flatMap(([page, paths]) =>
    paths.map((path) => ({ name: `page/${page}/${path.split("?")[0]}`, call: get(`/q/${path}`) })),
  ),
  ...exportNames(schema).map((name) => ({
    name: `export/${name}`,
    call: get(`/export/${name}.csv?${PARAMETERS[name] ?? RANGE}`),
  })),
];
