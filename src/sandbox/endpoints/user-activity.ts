import type { Instant } from "../../domain/day.ts";
import { dayNumberOf } from "../calendar.ts";
import { type Endpoint, type Query, Refusal } from "../endpoint.ts";
import { estimates } from "../engagement/counting.ts";
import { ordered } from "../engagement/order.ts";
import {
  engagementParameters,
  groupKeys,
  membership,
  type Question,
  question,
  spanOf,
} from "../engagement/question.ts";
import { UserSums } from "../engagement/user-sums.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import { type Cell, Cells, compareKeys } from "../reports/cells.ts";

/** A member with any activity, summed when the row is sent; or a group with its figures. */
type Row = { readonly person: number } | Cell<UserSums>;

const METRICS: readonly (keyof UserSums["rank"])[] = [
  "chat_messages",
  "cowork_messages",
  "lines_added",
  "commits",
  "web_searches",
];

export const userActivity = (ledger: Ledger): Endpoint<Row> => ({
  path: "/v1/organizations/analytics/users",
  keys: ["enterprise"],
  scope: "read:analytics",
  rateLimit: "analytics",
  version: "optional",
  parameters: engagementParameters(/^(project_id|rbac_group_id|user_id):.+$/, ["rbac_group_id"]),
  paging: { style: "token", limit: { default: 100, max: 1000 } },
  answer({ query, now, ...rest }) {
    const { organization } = ledger;
    const requested = question({ query, now, ...rest });
    refuseMixtures(requested);
    const rows = ledger.answers.remember(
      ["users", requested, query.text("order"), query.text("order_by"), dayNumberOf(now)],
      () =>
        requested.groupBy.length > 0
          ? groupRows(ledger, requested, query)
          : memberRows(ledger, requested, query, now),
      ({ length }) => length,
    );
    return {
      rows,
      render(row) {
        if ("person" in row) {
          const { id, email } = organization.directories.enterprise.account(
            organization.person(row.person),
            now,
          );
          const sums = sumsOf(ledger, requested, [row.person]).at([row.person]);
          return {
            user: { id, email_address: email, type: "user" },
            distinct_user_count: null,
            last_activity_date: sums.lastActivity,
            ...sums.wire(estimates(requested, id)),
          };
        }
        return {
          user: null,
          distinct_user_count: row.sums.memberCount,
          last_activity_date: row.sums.lastActivity,
          ...groupKeys(organization, requested, row.key, now),
          ...row.sums.wire(estimates(requested, String(row.key[0]))),
        };
      },
    };
  },
});

function refuseMixtures({ filters, groupBy }: Question): void {
  if (filters.project_id === undefined) return;
  if (groupBy.length > 0) throw new Refusal(400, "group_by[]: not together with filter[]=project_id");
  if (filters.rbac_group_id !== undefined) {
    throw new Refusal(400, "filter[]: rbac_group_id and project_id exclude each other");
  }
}

function memberRows(ledger: Ledger, requested: Question, query: Query, now: Instant): readonly Row[] {
  const { organization } = ledger;
  const { enterprise } = organization.directories;
  const people =
    requested.filters.project_id === undefined
      ? activePeople(ledger, requested)
      : projectPeople(ledger, requested);
  const rank = organization.emailOrder();
  // An erased account has no address left to show.
  const rows = people
    .filter((index) => enterprise.account(organization.person(index), now).email !== null)
    .map((person) => ({ person }));
  const by = query.text("order_by");
  const sums =
    by === undefined || by === "email"
      ? null
      : sumsOf(ledger, requested, membership(organization, requested.filters).people);
  const metrics = METRICS.map(
    (name) => [name, (row: { person: number }) => sums?.at([row.person]).rank[name]() ?? 0] as const,
  );
  return ordered(
    rows,
    query,
    "email",
    (a, b) => (rank[a.person] as number) - (rank[b.person] as number),
    Object.fromEntries(metrics),
  );
}

/** Members active on any of the days, without summing what they did. */
function activePeople(ledger: Ledger, { days, asOf, filters }: Question): readonly number[] {
  const { organization } = ledger;
  const members = membership(organization, filters);
  const candidates = members.people ?? Array.from({ length: organization.members }, (_, i) => i);
  return candidates.filter((index) => {
    const person = organization.person(index);
    const counted = person.linked ? 0xff : 0x7f;
    for (let day = days.from; day < days.until; day++) {
      if ((ledger.activity(person, day, asOf) & counted) !== 0 && members.has(person, day)) return true;
    }
    return false;
  });
}

function projectPeople(ledger: Ledger, requested: Question): readonly number[] {
  const { people } = membership(ledger.organization, requested.filters);
  return sumsOf(ledger, requested, people)
    .list()
    .map(({ key }) => key[0] as number);
}

/** Figures per member; `people` undefined: of all members. */
function sumsOf(ledger: Ledger, requested: Question, people: readonly number[] | undefined): Cells<UserSums> {
  const cells = new Cells(() => new UserSums());
  for (const { fact, person } of actions(ledger, requested, people))
    cells.at([person]).add(fact, person, dayNumberOf(fact.at));
  return cells;
}

function groupRows(ledger: Ledger, requested: Question, query: Query): readonly Row[] {
  const { organization } = ledger;
  const members = membership(organization, requested.filters);
  const cells = new Cells(() => new UserSums());
  for (const { fact, person } of actions(ledger, requested, members.people)) {
    const day = dayNumberOf(fact.at);
    for (const group of members.groups(organization.person(person), day))
      cells.at([group]).add(fact, person, day);
  }
  const metrics = METRICS.map((name) => [name, ({ sums }: Cell<UserSums>) => sums.rank[name]()] as const);
  return ordered(
    cells.list(),
    query,
    "email",
    (a, b) => compareKeys(a.key, b.key),
    Object.fromEntries(metrics),
  );
}

/** The facts that are some member's activity: engagement, and Claude Tag messages of linked Slack identities. */
function* actions(
  ledger: Ledger,
  { days, asOf, filters }: Question,
  people: readonly number[] | undefined,
): Iterable<{ readonly fact: Fact; readonly person: number }> {
  const { organization } = ledger;
  const members = membership(organization, filters);
  const projects =
    filters.project_id &&
    new Set(filters.project_id.flatMap((id) => organization.catalog.projectIndex(id) ?? []));
  for (const fact of ledger.facts("enterprise", spanOf(days), asOf, people)) {
    const { engagement } = fact;
    const person = engagement === null ? (fact.tag?.linked ?? null) : fact.person;
    if (person === null) continue;
    if (projects !== undefined) {
      const project = engagement?.surface === "chat" ? engagement.project : null;
      if (project === null || !projects.has(project)) continue;
    }
    if (members.has(organization.person(person), dayNumberOf(fact.at))) yield { fact, person };
  }
}
