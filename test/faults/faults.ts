import { expect } from "vitest";
import { ERROR_CODES, type ErrorCode } from "../../src/errors.ts";
import { type Answer, type ClientError, type GatewayOptions, gateway, json, type Route } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";

/** What upstream may put into a message, a header or a body; nothing of it may reach a client. */
export const LEAK = "canary sk-ant-api01-test http://upstream.test/v1\n    at get (/srv/upstream.ts:1:1)";

const NEVER_SHOWN = [
  "canary",
  "sk-ant",
  "http",
  "upstream.test",
  "127.0.0.1",
  "    at ",
  "/srv/",
  "node_modules",
];

/** What every error of every answer keeps to, whatever went wrong. */
export function expectPresentable(errors: readonly ClientError[] | undefined): readonly ClientError[] {
  expect(errors?.length).toBeGreaterThan(0);
  for (const { message, extensions } of errors ?? []) {
    expect(Object.keys(ERROR_CODES)).toContain(extensions.code);
    expect(extensions.code).not.toBe("INTERNAL_SERVER_ERROR");
    expect(message).toMatch(/^.{15,}[.?!]$/s);
    expect(message.length).toBeLessThan(1_000);
  }
  // Of a connection that fails its host is named, and nothing else is.
  const text = JSON.stringify(errors).replaceAll(/ at [\w.:-]+ \(\w+\)/g, "");
  for (const secret of NEVER_SHOWN) expect(text).not.toContain(secret);
  return errors ?? [];
}

/** The one error of an answer: presentable, with this code, at this place. */
export function expectError(
  answer: Answer,
  code: ErrorCode,
  path: ClientError["path"] = ["users"],
): ClientError {
  const [error, ...others] = expectPresentable(answer.errors);
  if (error === undefined) throw new Error("no error");
  expect(error.extensions.code, error.message).toBe(code);
  expect(others).toEqual([]);
  expect(error.path).toEqual(path);
  return error;
}

/** Each place an error is about, with its code. */
export function placesOf({
  path,
  extensions: { code, paths },
}: ClientError): [ClientError["path"], string][] {
  const places = (paths as ClientError["path"][] | undefined) ?? [path];
  return places.map((place) => [place, code]);
}

/** The one error of a question that is refused before anything of it is answered. */
export function expectRefusal(answer: Answer, code: ErrorCode): ClientError {
  const [error] = expectPresentable(answer.errors);
  if (error === undefined) throw new Error("no error");
  expect(error.extensions.code, error.message).toBe(code);
  expect(error.path).toBeUndefined();
  expect(answer.data ?? null).toBeNull();
  return error;
}

export const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

/** Two root fields; what happens to the first must leave the second. */
export const PEOPLE = `query ($first: Int! = 50, $after: String) {
  users(${WEEK}, first: $first, after: $after) {
    nodes { userId activity { chat { messages } } } pageInfo { endCursor hasNextPage }
  }
  organization { name }
}`;

export const ORGANIZATION = { id: "org_test", name: "Ternplover", type: "organization" };

export const GOOD_PAGE = tokenPage([wireUser("user_a", { messages: 3 })]);

/** A gateway whose list of people is answered by `users` and whose organization always is. */
export function withPeople(
  users: Route,
  settings: GatewayOptions["settings"] = {},
  options: GatewayOptions = {},
) {
  return gateway({
    routes: { [PATHS.users]: users, [PATHS.me]: () => json(ORGANIZATION) },
    settings,
    ...options,
  });
}

/** The first answer first, and so on; the last one from then on. */
export function inTurn(...routes: readonly [Route, ...Route[]]): Route {
  let turn = 0;
  return (query, request) => {
    const route = routes[Math.min(turn, routes.length - 1)] ?? routes[0];
    turn++;
    return route(query, request);
  };
}

export function requestsTo(path: string, seen: readonly URL[]): number {
  return seen.filter(({ pathname }) => pathname === path).length;
}

/** The organization was answered beside the fault. */
export function expectOthersAnswered(answer: Answer): void {
  expect(answer.data.organization).toEqual({ name: ORGANIZATION.name });
}

export function expectGood(answer: Answer): void {
  expect(answer.errors).toBeUndefined();
  expect(answer.data.users.nodes).toEqual([{ userId: "user_a", activity: { chat: { messages: 3 } } }]);
  expectOthersAnswered(answer);
}
