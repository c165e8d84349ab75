import { type Answer, type GatewayOptions, gateway, json, type Route } from "../gateway.ts";
import { PATHS, reportPage, tokenPage, wireCost, wireDay, wireUser, wireUserCost } from "../wire.ts";
import { WEEK } from "./faults.ts";

/** A list of each style of paging: how upstream sends a page of it, and how a client reads all of it. */
export interface PagedList {
  readonly path: string;
  /** Where a page's token is put in a request. */
  readonly parameter: "page" | "after_id";
  /** What a failure of it is a failure of. */
  readonly field: string;
  readonly page: (ids: readonly number[], next: string | null) => Record<string, unknown>;
  readonly query: string;
  /** What the answer holds of each id, in order. */
  readonly idsIn: (data: Answer["data"]) => readonly number[];
}

/** Ids are 0 to 30. */
const day = (id: number) => `2026-10-${String(id + 1).padStart(2, "0")}`;
const OCTOBER = `range: { between: { from: "2026-10-01", until: "2026-11-01" } }`;
const numberIn = (text: string) => Number(/\d+$/.exec(text)?.[0]);
const globalId = (id: number) => Buffer.from(`User:user_${id}`).toString("base64url");

export const LISTS = {
  "people, by token": {
    path: PATHS.users,
    parameter: "page",
    field: "users",
    page: (ids, next) =>
      tokenPage(
        ids.map((id) => wireUser(`user_${id}`)),
        next,
      ),
    query: `{ users(${WEEK}, first: 1000) { nodes { userId } totalCount } }`,
    idsIn: ({ users }) => users.nodes.map(({ userId }: { userId: string }) => numberIn(userId)),
  },
  "days of cost, by has_more and token": {
    path: PATHS.cost,
    parameter: "page",
    field: "cost",
    page: (ids, next) =>
      reportPage(
        ids.map((id) => wireDay(day(id), [wireCost("1")])),
        { next },
      ),
    query: `{ cost(${OCTOBER}, source: LEGACY, first: 1000, bucket: DAY) { nodes { from } totalCount } }`,
    idsIn: ({ cost }) => cost.nodes.map(({ from }: { from: string }) => Number(from.slice(8, 10)) - 1),
  },
  "a ranking of people, by has_more and token": {
    path: PATHS.userCost,
    parameter: "page",
    field: "cost",
    page: (ids, next) =>
      reportPage(
        ids.map((id) => wireUserCost(`user_${id}`, `${100 - id}`)),
        { next },
      ),
    query: `{ cost(${OCTOBER}, source: LEGACY, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { userId } } totalCount } }`,
    idsIn: ({ cost }) => cost.nodes.map(({ user }: { user: { userId: string } }) => numberIn(user.userId)),
  },
  "members, by id": {
    path: PATHS.members,
    parameter: "after_id",
    field: "nodes",
    page: (ids, next) => ({
      data: ids.map((id) => ({
        id: `user_${id}`,
        type: "user",
        email: `user_${id}@ternplover.example`,
        name: `user_${id}`,
        role: "user",
        added_at: "2026-01-01T00:00:00Z",
      })),
      has_more: next !== null,
      first_id: "first",
      last_id: next ?? "last",
    }),
    query: `{ nodes(ids: ${JSON.stringify(Array.from({ length: 31 }, (_, id) => globalId(id)))}) { ... on User { userId name } } }`,
    idsIn: ({ nodes }) =>
      nodes.flatMap(({ userId, name }: { userId: string; name: string | null }) =>
        name === null ? [] : [numberIn(userId)],
      ),
  },
} as const satisfies Record<string, PagedList>;

export const EVERY_LIST: [string, PagedList][] = Object.entries(LISTS);

/** A gateway whose one list is answered by `route`. */
export function withList(list: PagedList, route: Route, options: Omit<GatewayOptions, "routes"> = {}) {
  // One organization, so that members are asked for once.
  const settings = { ANTHROPIC_ADMIN_KEY: "", ...options.settings };
  return gateway({ ...options, settings, routes: { [list.path]: route } });
}

/** The token that a request carries; null on the first page. */
export function tokenIn(list: PagedList, query: URLSearchParams): string | null {
  return query.get(list.parameter);
}

/** Serves pages in order, each behind the number of its place. */
export function pagesOf(list: PagedList, pages: readonly (readonly number[])[]): Route {
  return (query) => {
    const place = Number(tokenIn(list, query) ?? 0);
    return json(list.page(pages[place] ?? [], place + 1 < pages.length ? `${place + 1}` : null));
  };
}

/** What went wrong with an answer, but for members that are asked for by id and are not on the list. */
export function failuresOf(errors: Answer["errors"]): readonly string[] {
  return (errors ?? []).map(({ extensions }) => extensions.code).filter((code) => code !== "NOT_FOUND");
}
