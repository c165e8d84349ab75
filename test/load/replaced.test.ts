import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { endAll, type Process, run, serve } from "../process.ts";
import { hold, QUESTIONS, report } from "./load.ts";

const NGINX = "/usr/sbin/nginx";
if (!existsSync(NGINX)) process.stdout.write("There is no nginx: replacement behind a proxy is not tested\n");

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  endAll();
});

/** A port that was free a moment ago, for what cannot say which one it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** nginx before two processes. Every request may be sent again, since the gateway changes nothing. */
async function balanced(ports: readonly number[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "nginx-"));
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  upstream gateways { ${ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`).join(" ")} keepalive 32; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://gateways;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream error timeout http_503 non_idempotent;
    }
  }
}
`,
  );
  const nginx = spawn(NGINX, ["-p", folder, "-c", "nginx.conf", "-e", join(folder, "error.log")]);
  ends.push(() => nginx.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(() =>
      fetch(`${url}/readyz`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  return url;
}

test.skipIf(!existsSync(NGINX))(
  "74: two processes behind nginx are replaced under load, one after the other, and no request fails",
  async () => {
    const { environment: served } = await serve({ users: 60 });
    const environment = { ...served, ALLOWED_HOSTS: "gateways" }; // as nginx calls them
    const ports = [await freePort(), await freePort()];
    const start = async (port: number): Promise<Process> => {
      const gateway = run(["serve", "--port", String(port)], environment);
      await gateway.printed("Try:");
      return gateway;
    };
    const gateways = await Promise.all(ports.map(start));
    const url = await balanced(ports);
    let over = false;
    const load = hold(url, QUESTIONS, { callers: 16, until: () => over });
    const drains: number[] = [];
    await sleep(1_000);
    for (const [i, gateway] of gateways.entries()) {
      const told = performance.now();
      gateway.child.kill("SIGTERM");
      expect((await gateway.ended()).code).toBe(0);
      drains.push(Math.round(performance.now() - told));
      gateways[i] = await start(ports[i] ?? 0);
      await sleep(1_000);
    }
    over = true;
    const { answers, failures, p99 } = await load;
    report(
      74,
      `${answers} requests, ${failures.length} failed, p99 ${p99} ms; drained in ${drains.join(" and ")} ms`,
    );
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(100);
  },
);
