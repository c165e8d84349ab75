import cluster from "node:cluster";

/**
 * Runs a server as several workers that share its port.
 *
 *   node bench/servers/cluster.ts COUNT SCRIPT ARGUMENT...
 */
const [count, exec, ...args] = process.argv.slice(2);
cluster.setupPrimary({ exec, args });
for (let i = 0; i < Number(count); i++) cluster.fork();
