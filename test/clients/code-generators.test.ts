/** @module-tag deep */
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { minifyIntrospection, outputIntrospectionFile } from "@gql.tada/internal";
import { generate } from "@graphql-codegen/cli";
import { introspectionFromSchema } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import codegen from "../../examples/codegen.ts";
import { codeOf, costByModel } from "../../examples/graphql-request.ts";
import { schema } from "../../schema/index.ts";
import { served } from "./served.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const { url } = await served({ sandbox: { users: 40 } });
const withoutUpstream = await served({ routes: {} });

let folder: string;
beforeAll(() => {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "dist/generated-"));
  const compilerOptions = {
    noEmit: true,
    skipLibCheck: true,
    paths: { "claude-analytics-gateway/client": [join(ROOT, "client/index.ts")] },
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["."], exclude: [] }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a program, checks the types of all in the folder, and runs its `answer`. */
async function answerOf(name: string, program: string): Promise<unknown> {
  writeFileSync(join(folder, name), program);
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  expect(status, stdout).toBe(0);
  return (await import(join(folder, name))).answer(url);
}

const QUERY =
  "{ users(range: { last: { days: 7 } }, first: 3) { nodes { email cost { net { usd } } activity { chat { messages } } } } }";

describe("graphql-codegen's client preset", () => {
  test("types documents with the scalars of the package", async () => {
    const program = `
      import { request } from "graphql-request";
      import { graphql } from "./gql/gql.ts";
      const PEOPLE = graphql(\`query PresetPeople ${QUERY}\`);
      export async function answer(url: string): Promise<readonly string[]> {
        const { users } = await request(url, PEOPLE);
        // @ts-expect-error: amounts are text
        const wrong: number | undefined = users?.nodes[0]?.cost?.net.usd;
        const messages: number | undefined = users?.nodes[0]?.activity?.chat.messages;
        return users?.nodes.map((row): string => row?.cost?.net.usd ?? typeof (wrong ?? messages)) ?? [];
      }`;
    writeFileSync(join(folder, "preset.ts"), program);
    const [preset] = Object.values(codegen.generates);
    await generate(
      {
        schema: join(ROOT, "schema/schema.graphql"),
        documents: join(folder, "preset.ts"),
        generates: { [`${folder}/gql/`]: preset as object },
        ...(codegen.importExtension && { importExtension: codegen.importExtension }),
        silent: true,
      },
      true,
    );
    expect(await answerOf("preset.ts", program)).toHaveLength(3);
  });
});

test("gql.tada types documents from the schema, with the scalars of the package", async () => {
  const introspection = minifyIntrospection(introspectionFromSchema(schema));
  const types = outputIntrospectionFile(introspection, { fileType: ".d.ts", shouldPreprocess: true });
  writeFileSync(join(folder, "schema-types.d.ts"), types);
  cpSync(join(ROOT, "examples/gql-tada.ts"), join(folder, "gql-tada.ts"));
  const program = `
    import type { ResultOf } from "gql.tada";
    import { request } from "graphql-request";
    import { graphql } from "./gql-tada.ts";
    const PEOPLE = graphql(\`query TadaPeople ${QUERY}\`);
    type Row = NonNullable<NonNullable<ResultOf<typeof PEOPLE>["users"]>["nodes"][number]>;
    // @ts-expect-error: amounts are text
    export const wrong: Row["cost"] = { net: { usd: 1 } };
    export const right: Row["cost"] = { net: { usd: "1" } };
    export async function answer(url: string): Promise<number> {
      const { users } = await request(url, PEOPLE);
      return users?.nodes.length ?? 0;
    }`;
  expect(await answerOf("tada.ts", program)).toBe(3);
});

describe("graphql-request", () => {
  test("answers a document of the package with its types", async () => {
    const costs = await costByModel(url);
    expect(costs.size).toBeGreaterThan(2);
    for (const usd of costs.values()) expect(usd).toMatch(/^\d+(?:\.\d+)?$/);
  });

  test("throws for a field that failed, with the code of the gateway", async () => {
    const error: unknown = await costByModel(withoutUpstream.url).catch((fault: unknown) => fault);
    expect(codeOf(error)).toBe("UPSTREAM_AUTH");
    expect(
      codeOf(await costByModel("http://127.0.0.1:1/graphql").catch((fault: unknown) => fault)),
    ).toBeNull();
  });
});

describe("curl", () => {
  const curl = (address: string) => promisify(execFile)("sh", [join(ROOT, "examples/curl.sh"), address]);

  test("answers, and ends with an error where a field failed or a document is rejected", async () => {
    const { stdout } = await curl(url);
    expect(JSON.parse(stdout).data.cost.nodes[0].net.usd).toMatch(/^\d+(?:\.\d+)?$/);
    await expect(curl(withoutUpstream.url)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining("UPSTREAM_AUTH"),
    });
    await expect(curl(url.replace("/graphql", "/nothing"))).rejects.toMatchObject({ code: 22 });
  });
});
