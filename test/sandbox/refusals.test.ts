import { expect, test } from "vitest";
import { DAY_MS } from "../../src/sandbox/calendar.ts";
import { NOON, sandbox } from "./asking.ts";

const { organization, refusal, clock } = sandbox({ users: 20 });

const USERS = "/analytics/users?";
const REPORT = "/analytics/cost_report?starting_at=2026-11-01T00:00:00Z";
const PER_USER = "/analytics/user_cost_report?starting_at=2026-11-01T00:00:00Z";

test.each([
  // Engagement: days.
  [USERS, "date: required"],
  [
    `${USERS}date=2026-11-22`,
    "date: 2026-11-22 is not available yet; the latest available date is 2026-11-21",
  ],
  [`${USERS}date=2025-12-31`, "date: not before 2026-01-01"],
  [`${USERS}date=2026-11-18&starting_date=2026-11-01`, "date: not together with starting_date"],
  [`${USERS}ending_date=2026-11-18&date=2026-11-17`, "ending_date: needs starting_date"],
  [`${USERS}starting_date=2025-12-31`, "starting_date: not before 2026-01-01"],
  [`${USERS}starting_date=2026-11-22`, "starting_date: 2026-11-22 is not available yet"],
  [`${USERS}starting_date=2026-11-01&ending_date=2026-11-23`, "ending_date: at most today, 2026-11-22"],
  [`${USERS}starting_date=2026-11-10&ending_date=2026-11-10`, "ending_date: must be after starting_date"],
  ["/analytics/summaries?starting_date=2026-11-22", "starting_date: 2026-11-22 is not available yet"],
  // Engagement: filters, groupings, order.
  [`${USERS}date=2026-11-18&filter[]=product:chat`, 'filter[]: "product:chat"'],
  [`${USERS}date=2026-11-18&group_by[]=user_id`, 'group_by[]: "user_id"'],
  [`${USERS}date=2026-11-18&order_by=height`, 'order_by: "height"'],
  [`${USERS}date=2026-11-18&order=up`, 'order: "up"'],
  [`${USERS}date=2026-11-18&filter[]=project_id:a&group_by[]=rbac_group_id`, "group_by[]: not together"],
  [`${USERS}date=2026-11-18&filter[]=project_id:a&filter[]=rbac_group_id:b`, "filter[]: rbac_group_id"],
  ["/analytics/skills?date=2026-11-18&filter[]=product:telephone", "filter[]: product"],
  ["/analytics/skills?date=2026-11-18&filter[]=share_status:secret", "filter[]: share_status"],
  ["/analytics/apps/chat/projects?date=2026-11-18&group_by[]=product", "group_by[]:"],
  ["/analytics/plugins?date=2026-11-18&filter[]=product:chat", "filter[]: product"],
  ["/analytics/plugins?date=2026-11-18&filter[]=skill_name:pdf", 'filter[]: "skill_name:pdf"'],
  ["/analytics/plugins?date=2026-11-18&order_by=plugin_id", 'order_by: "plugin_id"'],
  ["/analytics/artifacts", "date: required"],
  ["/analytics/artifacts?starting_date=2026-11-18", "date: required"],
  ["/analytics/artifacts?date=2026-11-22", "date: 2026-11-22 is not available yet"],
  ["/analytics/artifacts?date=2026-11-18&filter[]=product:office_agent", "filter[]: product"],
  ["/analytics/artifacts?date=2026-11-18&filter[]=is_shared:yes", "filter[]: is_shared"],
  ["/analytics/artifacts?date=2026-11-18&page=page_x", "page: only together with group_by[]"],
  // Reports: ranges.
  ["/analytics/cost_report", "starting_at: required"],
  ["/analytics/cost_report?starting_at=2026-11-01", "starting_at:"],
  ["/analytics/cost_report?starting_at=2025-12-31T23:00:00Z", "starting_at: not before 2026-01-01"],
  [`${REPORT}&ending_at=2026-12-03T00:00:00Z`, "ending_at: the range may span at most 31 days"],
  [`${REPORT}&ending_at=2026-11-01T00:00:00Z`, "ending_at: must be after starting_at"],
  [`${PER_USER}&bucket_width=1d`, "ending_at: required together with bucket_width"],
  [
    `${PER_USER}&bucket_width=1m&ending_at=2026-11-02T00:01:00Z`,
    "ending_at: the range may span at most 24 hours",
  ],
  // Reports: dimensions, filters, sizes.
  [`${REPORT}&group_by[]=actor`, "group_by[]:"],
  ["/analytics/usage_report?starting_at=2026-11-01T00:00:00Z&group_by[]=cost_type", "group_by[]:"],
  [`${REPORT}&group_by[]=claude_tag_user_id&group_by[]=rbac_group_id`, "group_by[]: claude_tag_user_id"],
  [`${REPORT}&group_by[]=claude_tag_user_id&rbac_group_ids[]=g`, "rbac_group_ids[]: not together"],
  [`${REPORT}&products[]=claude_tag`, 'products[]: "claude_tag"'],
  [`${REPORT}&limit=32`, "limit: must be at most 31"],
  [`${REPORT}&bucket_width=1h&limit=169`, "limit: must be at most 168"],
  [`${REPORT}&bucket_width=1m&limit=257`, "limit: must be at most 256"],
  [`${PER_USER}&order_by=requests`, 'order_by: "requests"'],
])("%s is refused: %s", async (path, message) => {
  expect(await refusal(path)).toContain(`400: ${message}`);
});

test.each([
  ["/cost_report?starting_at=2026-11-01T00:00:00Z&group_by[]=model", "400: group_by[]:"],
  ["/cost_report?starting_at=2026-11-01T00:00:00Z&bucket_width=1h", "400: bucket_width:"],
  [
    "/usage_report/messages?starting_at=2026-11-02T00:00:00Z&ending_at=2026-11-01T00:00:00Z",
    "400: ending_at:",
  ],
  ["/usage_report/claude_code?starting_at=2026-11-18T00:00:00Z", "400: starting_at:"],
  ["/api_keys?status=lost", "400: status:"],
  ["/invites?statuses[]=deleted", "400: statuses[]:"],
  ["/users/user_unknown", "404:"],
  ["/invites/invite_unknown", "404:"],
  ["/workspaces/wrkspc_unknown", "404:"],
  ["/workspaces/wrkspc_unknown/members", "404:"],
  ["/api_keys/apikey_unknown", "404:"],
])("%s is refused: %s", async (path, message) => {
  expect(await refusal(path, { key: "admin" })).toContain(message);
});

test("a range of 366 days is accepted, one of 367 refused", async () => {
  clock.now = NOON + 60 * DAY_MS;
  expect(await refusal(`${USERS}starting_date=2026-01-01&ending_date=2027-01-02`)).toBe("200");
  expect(await refusal(`${USERS}starting_date=2026-01-01&ending_date=2027-01-03`)).toMatch(
    "at most 366 days",
  );
  clock.now = NOON;
});

test("reports reach back 365 days, counted from the start of today", async () => {
  clock.now = NOON + 200 * DAY_MS;
  const path = (date: string) => `/analytics/cost_report?starting_at=${date}T00:00:00Z&limit=1`;
  expect(await refusal(path("2026-06-10"))).toBe("200");
  expect(await refusal(path("2026-06-09"))).toBe("400: starting_at: must be within the last 365 days");
  clock.now = NOON;
});

test("an id of the other organization is unknown", async () => {
  const { enterprise, console: admin } = organization.directories;
  expect(await refusal(`/users/${enterprise.userId(2)}`)).toBe("200");
  expect(await refusal(`/users/${enterprise.userId(2)}`, { key: "admin" })).toContain("404");
  expect(await refusal(`/users/${admin.userId(2)}`, { key: "admin" })).toBe("200");
});
