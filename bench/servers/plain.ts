import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { useResponseCache } from "@graphql-yoga/plugin-response-cache";
import SchemaBuilder from "@pothos/core";
import DataloaderPlugin from "@pothos/plugin-dataloader";
import RelayPlugin, { resolveArrayConnection } from "@pothos/plugin-relay";
import { DateResolver, DateTimeResolver } from "graphql-scalars";
import { createYoga } from "graphql-yoga";
import type { CodeRow, CostRow, PersonRow, Rows, SpendRow } from "../rows.ts";

/**
 * The plain choice: graphql-yoga and Pothos over rows that are in memory, as their documentation writes it: connections of the
 * relay plugin, `t.loadable` of the dataloader plugin where a row names another record. With --cached, the response-cache plugin.
 * It has no authentication, limits, audit log or finality, and the rows are already those of the range.
 *
 *   node bench/servers/plain.ts [--cached] FILE
 */
const { values, positionals } = parseArgs({
  options: { cached: { type: "boolean", default: false } },
  allowPositionals: true,
});
const rows: Rows = JSON.parse(readFileSync(positionals[0] ?? "", "utf8"));
const spendByUser = new Map(rows.spend.map((each) => [each.userId, each]));
const codeByUser = new Map(rows.code.map((each) => [each.userId, each]));
const days = rows.cost.map((each) => ({ ...each, from: new Date(each.from) }));

const MAX_FIRST = 5_000;

interface CostDay extends Omit<CostRow, "from"> {
  readonly from: Date;
}

interface Amount {
  readonly usd: string;
}

const builder = new SchemaBuilder<{
  DefaultFieldNullability: false;
  Scalars: { Date: { Input: Date; Output: Date | string }; DateTime: { Input: Date; Output: Date } };
}>({
  plugins: [RelayPlugin, DataloaderPlugin],
  defaultFieldNullability: false,
  relay: { nodesOnConnection: true },
});

builder.addScalarType("Date", DateResolver);
builder.addScalarType("DateTime", DateTimeResolver);

const Money = builder.objectRef<Amount>("Money").implement({
  fields: (t) => ({ usd: t.exposeString("usd") }),
});

const Spend = builder.objectRef<SpendRow>("Spend").implement({
  fields: (t) => ({
    net: t.field({ type: Money, resolve: ({ net }) => net }),
    list: t.field({ type: Money, resolve: ({ list }) => list }),
  }),
});

const ClaudeCode = builder.objectRef<CodeRow>("ClaudeCode").implement({
  fields: (t) => ({
    sessions: t.exposeInt("sessions"),
    commits: t.exposeInt("commits"),
    linesAdded: t.exposeInt("linesAdded"),
    linesRemoved: t.exposeInt("linesRemoved"),
    estimated: t.field({ type: Money, nullable: true, resolve: ({ estimated }) => estimated }),
  }),
});

const Chat = builder.objectRef<PersonRow["activity"]["chat"]>("Chat").implement({
  fields: (t) => ({
    messages: t.exposeInt("messages"),
    conversations: t.exposeInt("conversations", { nullable: true }),
    thinkingMessages: t.exposeInt("thinkingMessages"),
    skillsUsed: t.exposeInt("skillsUsed", { nullable: true }),
    filesUploaded: t.exposeInt("filesUploaded", { nullable: true }),
    projectsUsed: t.exposeInt("projectsUsed", { nullable: true }),
  }),
});

const Coding = builder.objectRef<PersonRow["activity"]["claudeCode"]>("Coding").implement({
  fields: (t) => ({
    sessions: t.exposeInt("sessions", { nullable: true }),
    commits: t.exposeInt("commits"),
    linesAdded: t.exposeInt("linesAdded"),
  }),
});

const Activity = builder.objectRef<PersonRow["activity"]>("Activity").implement({
  fields: (t) => ({
    lastActiveOn: t.expose("lastActiveOn", { type: "Date", nullable: true }),
    webSearches: t.exposeInt("webSearches"),
    chat: t.field({ type: Chat, resolve: ({ chat }) => chat }),
    claudeCode: t.field({ type: Coding, resolve: ({ claudeCode }) => claudeCode }),
  }),
});

const User = builder.objectRef<PersonRow>("User").implement({
  fields: (t) => ({
    id: t.exposeID("id"),
    userId: t.exposeString("userId"),
    email: t.exposeString("email", { nullable: true }),
    activity: t.field({ type: Activity, resolve: ({ activity }) => activity }),
    cost: t.loadable({
      type: Spend,
      nullable: true,
      load: async (userIds: string[]) => userIds.map((userId) => spendByUser.get(userId) ?? null),
      resolve: ({ userId }) => userId,
    }),
    claudeCode: t.loadable({
      type: ClaudeCode,
      nullable: true,
      load: async (userIds: string[]) => userIds.map((userId) => codeByUser.get(userId) ?? null),
      resolve: ({ userId }) => userId,
    }),
  }),
});

const CostOfDay = builder.objectRef<CostDay>("CostOfDay").implement({
  fields: (t) => ({
    from: t.expose("from", { type: "DateTime" }),
    model: t.exposeString("model", { nullable: true }),
    net: t.field({ type: Money, resolve: ({ net }) => net }),
    list: t.field({ type: Money, resolve: ({ list }) => list }),
    requests: t.exposeInt("requests"),
  }),
});

const Between = builder.inputType("Between", {
  fields: (t) => ({
    from: t.field({ type: "Date", required: true }),
    until: t.field({ type: "Date", required: true }),
  }),
});
const DateRange = builder.inputType("DateRange", {
  fields: (t) => ({ between: t.field({ type: Between, required: true }) }),
});
const Bucket = builder.enumType("Bucket", { values: ["DAY"] as const });
const CostDimension = builder.enumType("CostDimension", { values: ["MODEL"] as const });

builder.queryType({
  fields: (t) => ({
    users: t.connection({
      type: User,
      args: { range: t.arg({ type: DateRange, required: true }) },
      resolve: (_root, args) => resolveArrayConnection({ args, maxSize: MAX_FIRST }, rows.people),
    }),
    cost: t.connection({
      type: CostOfDay,
      args: {
        range: t.arg({ type: DateRange, required: true }),
        bucket: t.arg({ type: Bucket, required: true }),
        groupBy: t.arg({ type: [CostDimension], required: true }),
      },
      resolve: (_root, { range: { between }, ...args }) =>
        resolveArrayConnection(
          { args, maxSize: MAX_FIRST },
          days.filter(({ from }) => from >= between.from && from < between.until),
        ),
    }),
  }),
});

const yoga = createYoga({
  schema: builder.toSchema(),
  plugins: values.cached ? [useResponseCache({ session: () => null })] : [],
  logging: false,
});
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`Try: http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
