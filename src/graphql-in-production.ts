import { createRequire } from "node:module";

/*
 * In development graphql looks at every `instanceof` for a second copy of itself, which takes up to a tenth of an answer's time. It
 * reads NODE_ENV once, while it loads; the operator's NODE_ENV stays as it is for everything else.
 */
const { NODE_ENV } = process.env;
process.env.NODE_ENV = "production";
createRequire(import.meta.url)("graphql");
if (NODE_ENV === undefined) delete process.env.NODE_ENV;
else process.env.NODE_ENV = NODE_ENV;
