/** @module-tag deep */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, rowsOf, type TypedDocument } from "claude-analytics-gateway/client";
import { parse } from "graphql";
import {
  type ConcreteRequest,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getSingularSelector,
  Network,
  type OperationDescriptor,
  type ReaderFragment,
  RecordSource,
  Store,
} from "relay-runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchInParts } from "../../examples/relay-network.ts";
import { served } from "./served.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const { url } = await served({ sandbox: { users: 1_500 } });

let folder: string;

/** Compiles the example with Relay's compiler and the settings of the example, in a project that has the package. */
beforeAll(() => {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "dist/relay-"));
  const installed = join(folder, "node_modules/claude-analytics-gateway");
  cpSync(join(ROOT, "schema/schema.graphql"), join(installed, "schema/schema.graphql"));
  const client = JSON.stringify(join(ROOT, "client/caches.ts"));
  writeFileSync(join(installed, "client.js"), `export { RELAY_CONFIG } from ${client};`);
  writeFileSync(
    join(installed, "package.json"),
    JSON.stringify({ type: "module", exports: { "./client": "./client.js" } }),
  );
  cpSync(join(ROOT, "examples/relay.ts"), join(folder, "src/relay.ts"));
  cpSync(join(ROOT, "examples/relay.config.js"), join(folder, "relay.config.js"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  execFileSync(join(ROOT, "node_modules/.bin/relay-compiler"), { cwd: folder, stdio: "pipe" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function artifact<T>(name: string): Promise<T> {
  return (await import(join(folder, `src/__generated__/${name}.graphql.ts`))).default;
}

function createEnvironment(): Environment {
  const network = Network.create(async ({ text }, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  });
  return new Environment({ network, store: new Store(new RecordSource(), { gcReleaseBufferSize: 1_000 }) });
}

interface Person {
  readonly id: string;
  readonly email: string | null;
  readonly cost: { readonly net: { readonly usd: string } } | null;
}

const RANGES = [
  { between: { from: "2026-10-01", until: "2026-11-01" } },
  { between: { from: "2026-11-01", until: "2026-11-08" } },
] as const;
type Range = (typeof RANGES)[number];

const PEOPLE = parse(`query($range: DateRange!, $after: String) {
  users(range: $range, first: 1000, after: $after) { nodes { id email cost { net { usd } } } pageInfo { hasNextPage endCursor } }
}`) as TypedDocument<
  { users: { nodes: Person[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } },
  { range: Range; after?: string | null }
>;

test("Relay pages through 1,000 people of two ranges in turn, and finds a row again by its id", async () => {
  const [query, page, row] = await Promise.all(
    ["relayPeopleQuery", "relayPeoplePageQuery", "relayRowQuery"].map((name) =>
      artifact<ConcreteRequest>(name),
    ),
  );
  const [list, person] = await Promise.all(
    ["relay_people", "relay_person"].map((name) => artifact<ReaderFragment>(name)),
  );
  if (!query || !page || !row || !list || !person) throw new Error("the compiler wrote too little");
  const environment = createEnvironment();
  const fetched = async (request: ConcreteRequest, variables: object): Promise<OperationDescriptor> => {
    const operation = createOperationDescriptor(request, { ...variables });
    environment.retain(operation);
    await fetchQuery(environment, request, { ...variables }).toPromise();
    return operation;
  };
  // biome-ignore lint/suspicious/noExplicitAny: what Relay reads has the type of the artifact, which is compiled here
  const read = (fragment: ReaderFragment, reference: unknown): any => {
    const selector = getSingularSelector(fragment, reference);
    if (!selector) throw new Error("not a reference to the fragment");
    return environment.lookup(selector).data;
  };

  const operations = new Map<Range, OperationDescriptor>();
  for (const range of RANGES) operations.set(range, await fetched(query, { range }));
  const usersOf = (range: Range) => {
    const operation = operations.get(range);
    return read(list, operation && environment.lookup(operation.fragment).data).users;
  };
  for (let pages = 0; RANGES.some((range) => usersOf(range).pageInfo.hasNextPage) && pages < 20; pages++)
    for (const range of RANGES) {
      const { hasNextPage, endCursor } = usersOf(range).pageInfo;
      if (hasNextPage) await fetched(page, { range, first: 250, after: endCursor });
    }

  for (const range of RANGES) {
    const rows = rowsOf(createClient({ url }), PEOPLE, { range }, ({ users }) => users);
    const people = await Array.fromAsync(rows);
    const kept = usersOf(range).edges.map(({ node }: { readonly node: unknown }) => read(person, node));
    expect(kept).toEqual(people);
    expect(people.length).toBeGreaterThan(range === RANGES[0] ? 1_000 : 250);
    const some = people.find(({ cost }) => cost !== null);
    const again = await fetched(row, { id: some?.id });
    // biome-ignore lint/suspicious/noExplicitAny: as above
    expect(read(person, (environment.lookup(again.fragment).data as any).node)).toEqual(some);
  }
});

test("Relay shows rows at once, and their deferred fields when these are there", async () => {
  const request = await artifact<ConcreteRequest>("relayDeferredQuery");
  const cost = await artifact<ReaderFragment>("relay_cost");
  const environment = new Environment({
    network: Network.create(fetchInParts(url)),
    store: new Store(new RecordSource()),
  });
  const operation = createOperationDescriptor(request, { first: 20 });
  environment.retain(operation);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const rows = (): any[] => (environment.lookup(operation.fragment).data as any).users.nodes;
  const costs = () => {
    return rows().map((row) => {
      const selector = getSingularSelector(cost, row);
      // biome-ignore lint/suspicious/noExplicitAny: as above
      return selector ? (environment.lookup(selector).data as any).cost : undefined;
    });
  };
  const shown: (readonly [number, unknown])[] = [];
  await new Promise<void>((complete, error) => {
    environment.execute({ operation }).subscribe({
      next: () => void shown.push([rows().length, costs().filter((each) => each !== undefined).length]),
      complete: () => complete(),
      error,
    });
  });
  expect(shown[0]).toEqual([20, 0]);
  expect(shown.at(-1)).toEqual([20, 20]);
  const whole = await createClient({ url }).request(
    parse(
      `{ users(range: { last: { days: 7 } }, first: 20) { nodes { cost { net { usd } } } } }`,
    ) as TypedDocument<{ users: { nodes: Pick<Person, "cost">[] } }, Record<string, never>>,
  );
  expect(costs()).toEqual(whole.users.nodes.map((each) => each.cost));
});
