// The gateway below a path of an Express server: PORT=3000 node examples/express.ts
import { createApp } from "claude-analytics-gateway";
import express from "express";

const gateway = await createApp(); // settings are environment variables; without keys the sandbox answers
const server = express()
  .use("/analytics", gateway.handle) // before parsers of bodies: the gateway reads its own
  .listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : address;
    console.log(`GraphQL is on http://127.0.0.1:${port}/analytics/graphql`);
  });
process.once("SIGTERM", () => server.close(gateway.dispose));
