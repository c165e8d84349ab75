// The gateway below a path of a Fastify server: PORT=3000 node examples/fastify.ts
import { createApp } from "claude-analytics-gateway";
import Fastify from "fastify";

const gateway = await createApp(); // settings are environment variables; without keys the sandbox answers
const server = Fastify().addHook("onClose", gateway.dispose);
await server.register(
  async (scope) => {
    scope.removeAllContentTypeParsers(); // the gateway reads its bodies itself
    scope.addContentTypeParser("*", (_request, _body, done) => done(null));
    scope.all("/*", (request, reply) => {
      request.raw.url = request.url.slice(scope.prefix.length);
      gateway.handle(request.raw, reply.hijack().raw);
    });
  },
  { prefix: "/analytics" },
);
const origin = await server.listen({ port: Number(process.env.PORT ?? 3000) });
console.log(`GraphQL is on ${origin}/analytics/graphql`);
process.once("SIGTERM", () => server.close());
