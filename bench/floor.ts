import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { buildSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";

/** What the gateway is measured beside, on a thread of its own: the bytes of its answer alone, or GraphQL over data that is there. */
export interface Floor {
  readonly kind: "bytes" | "yoga";
  readonly body: string;
}

const { kind, body } = workerData as Floor;

const bytes: RequestListener = (request, response) => {
  request.resume();
  request.once("end", () => response.setHeader("content-type", "application/json").end(body));
};

function yoga(): RequestListener {
  const rootValue = JSON.parse(body).data;
  const answered: Plugin = {
    onExecute({ args }) {
      args.rootValue = rootValue;
    },
  };
  const schema = buildSchema(readFileSync(new URL("../schema/schema.graphql", import.meta.url), "utf8"));
  return createYoga({ schema, plugins: [answered], logging: false });
}

const server = createServer(kind === "bytes" ? bytes : yoga());
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
