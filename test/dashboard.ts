import { type GatewayOptions, gateway } from "./gateway.ts";

/** What can be selected of the dashboard, a line for each number or list: its page, and the selection. */
export const SELECTIONS: readonly (readonly [page: string, selection: string])[] = [
  [
    "usage",
    "latest { date dailyActiveUsers weeklyActiveUsers monthlyActiveUsers utilization seats pendingInvites state }",
  ],
  [
    "usage",
    "byDay { range { from until } days { date dailyActiveUsers weeklyActiveUsers monthlyActiveUsers utilization } }",
  ],
  ...[
    "conversations",
    "messagesPerConversation",
    "projectsCreated",
    "projectCreators",
    "artifactsCreated",
    "artifactCreators",
  ].flatMap((figure): [string, string][] => [
    ["featureAdoption", `latest { date ${figure} { value } }`],
    ["featureAdoption", `latest { date ${figure} { value before change relativeChange reason } }`],
    ["featureAdoption", `byDay { range { from until } days { date ${figure} { value } } }`],
    [
      "featureAdoption",
      `byDay { range { from until } days { date ${figure} { value before change relativeChange reason } } }`,
    ],
  ]),
  ...["MONTH_TO_DATE", "QUARTER_TO_DATE", "YEAR_TO_DATE", "LAST_365_DAYS"].flatMap(
    (period): [string, string][] => [
      [
        "featureAdoption",
        `topUsersByProjects(period: ${period}) { range { from until } users { count user { userId email } } }`,
      ],
      [
        "featureAdoption",
        `topUsersByArtifacts(period: ${period}) { range { from until } users { count user { userId email name } } }`,
      ],
    ],
  ),
  ["featureAdoption", "topConnectors { range { from until } connectors { name users } }"],
  ["featureAdoption", "topSkills { range { from until } skills { name users } }"],
  ...["monthToDate", "quarterToDate", "yearToDate"].map((toDate): [string, string] => [
    "spend",
    `${toDate} { range { from until } total { net { cents } list { cents } requests } source organization freshness { state refreshedAt } }`,
  ]),
  ...["LAST_30_DAYS", "LAST_90_DAYS", "LAST_365_DAYS"].map((period): [string, string] => [
    "spend",
    `byModel(period: ${period}) { range { from until } total { net { cents } } models { model shareOfTotal cost { net { cents } list { cents } requests } } }`,
  ]),
  [
    "spend",
    "topUsers { range { from until } total { net { cents } } users { shareOfTotal user { userId email name } cost { net { cents } list { cents } requests } } }",
  ],
  ["claudeAi", "byDay { range { from until } days { date state conversations chatUsers } }"],
  ["claudeAi", "byDay { days { activeUsers chatShare } }"],
  ["claudeAi", "byDay { days { projectsCreated projectCreators projectShare } }"],
  ["claudeAi", "byDay { days { artifactsCreated artifactCreators artifactShare } }"],
  ["claudeAi", "latest { date conversations chatShare }"],
  ...["LAST_7_DAYS", "LAST_30_DAYS", "LAST_90_DAYS", "LAST_365_DAYS"].map((period): [string, string] => [
    "claudeAi",
    `total(period: ${period}) { range { from until } conversations chatUsers messages projectsCreated projectCreators artifactsCreated artifactCreators }`,
  ]),
  [
    "claudeCode",
    "byDay { range { from until } days { date state sessions linesAdded commits pullRequests } }",
  ],
  [
    "claudeCode",
    "byDay { days { toolActions { tool accepted rejected acceptanceRate } users costPerUser { cents } } }",
  ],
  ["claudeCode", "byDay { days { estimated { cents } models { model inputTokens estimated { cents } } } }"],
  ["claudeCode", "leaderboard { range { from until } leaders { email user { name } linesAdded sessions } }"],
  ["claudeCode", "leaderboard(by: ESTIMATED) { leaders { email commits pullRequests estimated { cents } } }"],
  ["claudeCode", "spendByModel { range { from until } models { model estimated { cents } } }"],
  [
    "claudeCode",
    "membersByDay { days { date users sessions linesAdded commits pullRequests toolActions { tool accepted rejected acceptanceRate } } }",
  ],
];

/** One operation that selects all of them, each under a name of its own: `s` and its cursor. */
export function dashboardOf(places: readonly number[]): string {
  const fields = places.map((place) => {
    const [page, selection] = SELECTIONS[place] ?? ["usage", "__typename"];
    return `s${place}: ${page} { s: ${selection} }`;
  });
  return `{ dashboard { ${fields.join(" ")} } }`;
}

export const WHOLE = dashboardOf(SELECTIONS.map((_, place) => place));

/** A gateway that takes all of them in one operation. */
export function dashboardGateway(options: GatewayOptions) {
  return gateway({ ...options, settings: { MAX_ALIASES: "200", ...options.settings } });
}
