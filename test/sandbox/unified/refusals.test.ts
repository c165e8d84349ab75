import { describe, expect, test } from "vitest";
import { createSandbox } from "../../../src/sandbox/sandbox.ts";
import { faultsOf } from "../../contract/contract.ts";
import { NOON, sandbox } from "../asking.ts";
import { ASKING } from "./asking.ts";

const { refusal, clock, ask } = sandbox({ users: 20 });

const START = "starting_at=2026-11-01T00:00:00Z";
const RANGE = `${START}&ending_at=2026-11-02T00:00:00Z`;
const FIVE = ["model", "product", "speed", "actor", "api_key_id"]
  .map((name) => `&group_by[]=${name}`)
  .join("");

test.each([
  ["usage?x=1", "starting_at: required"],
  ["usage?starting_at=2026-11-01", "starting_at:"],
  ["usage?starting_at=2025-12-31T23:00:00Z", "starting_at: not before 2026-01-01"],
  [`usage?${START}&ending_at=2026-12-02T01:00:00Z`, "ending_at: the range may span at most 31 days"],
  [`usage?${START}&ending_at=2026-11-01T00:59:00Z`, "ending_at: must be after starting_at"],
  [`usage?${START}&time_bucket_width=1d`, "ending_at: required together with time_bucket_width"],
  [
    `cost?${START}&time_bucket_width=1m&ending_at=2026-11-02T00:01:00Z`,
    "ending_at: the range may span at most 24 hours with time_bucket_width=1m",
  ],
  [`usage?${RANGE}&group_by[]=cost_type`, 'group_by[]: "cost_type"'],
  [`usage?${RANGE}${FIVE}&group_by[]=service_tier`, "group_by[]: takes at most 5 entries"],
  [`cost?${RANGE}${FIVE}&group_by[]=service_tier`, "group_by[]: takes at most 5 entries"],
  [`cost?${RANGE}&group_by[]=organization_id`, "group_by[]: organization_id needs the key of a parent"],
  [`cost?${RANGE}&organization_ids[]=org_x`, "organization_ids[]: needs the key of a parent"],
  [`cost?${RANGE}&group_by[]=claude_tag_user_id&group_by[]=rbac_group_id`, "group_by[]: claude_tag_user_id"],
  [`cost?${RANGE}&group_by[]=claude_tag_user_id&rbac_group_ids[]=g`, "rbac_group_ids[]: not together"],
  [`usage?${RANGE}&exclude_deleted_users=true`, "exclude_deleted_users: needs group_by[]=actor"],
  [`usage?${RANGE}&products[]=claude-tag`, 'products[]: "claude-tag"'],
  [`usage?${RANGE}&order_by=amount`, 'order_by: "amount"'],
  [`cost?${RANGE}&order_by=requests`, 'order_by: "requests"'],
  [`cost?${RANGE}&limit=1001`, "limit: must be at most 1000"],
])("%s is refused: %s", async (path, message) => {
  for (const asking of Object.values(ASKING)) {
    expect(await refusal(`/analytics/${path}`, asking)).toContain(`400: ${message}`);
  }
});

test("five dimensions and both components are accepted", async () => {
  const path = `/analytics/cost?${RANGE}${FIVE}&group_by[]=cost_type&group_by[]=token_type`;
  expect(await refusal(path, ASKING.console)).toBe("200");
});

test("without the beta header everything is refused", async () => {
  for (const key of ["enterprise", "admin", "oauth"] as const) {
    expect(await refusal(`/analytics/usage?${RANGE}`, { key })).toMatch(/^400: anthropic-beta/);
  }
});

test("a cursor is bound to its query and dies with the export", async () => {
  const path = `/analytics/usage?${RANGE}&group_by[]=model&limit=1`;
  const { next_page } = await ask(path, ASKING.console);
  const page = `&page=${next_page}`;
  expect(await refusal(path + page, ASKING.console)).toBe("200");
  expect(await refusal(path + page, ASKING.enterprise)).toMatch(/^400: page/);
  expect(await refusal(`${path}&order=asc${page}`, ASKING.console)).toMatch(/^400: page/);
  clock.now = NOON + 4 * 3_600_000;
  expect(await refusal(path + page, ASKING.console)).toMatch(/^410/);
  clock.now = NOON;
});

describe("an organization that is not enrolled", () => {
  const { handle } = createSandbox({ users: 20, seed: 1, now: () => NOON, rateLimit: "off", unified: "off" });
  const get = async (path: string, key: string) => {
    const headers = {
      "x-api-key": key,
      "anthropic-version": "2026-10-21",
      "anthropic-beta": "analytics-usage-cost-2026-08-24",
    };
    const { status, body } = await handle({ method: "GET", path: `/v1/organizations${path}`, headers });
    return { status, body: JSON.parse(body) };
  };

  test.each(["sk-ant-api01-x", "sk-ant-admin01-x"])(
    "gets an error that says so for every request, with %s",
    async (key) => {
      for (const path of ["/analytics/usage", `/analytics/cost?${RANGE}`]) {
        const { status, body } = await get(path, key);
        expect(status).toBe(400);
        expect(body.error.type).toBe("invalid_request_error");
        expect(body.error.details.error_code).toBe("organization_not_enrolled_in_beta");
        expect(faultsOf("/v1/organizations/analytics/usage", status, body)).toEqual([]);
      }
    },
  );

  test("still has the other reports", async () => {
    expect((await get(`/analytics/cost_report?${RANGE}`, "sk-ant-api01-x")).status).toBe(200);
  });
});
