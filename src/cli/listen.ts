/** Says in a line why a port cannot be listened on and how to take another. `setting` names another setting than HOST and PORT. */
export function cannotListen(
  { code = "unknown reason" }: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
  setting?: string,
): string {
  const hint = Object.hasOwn(HINTS, code) ? HINTS[code] : undefined;
  if (setting !== undefined)
    return `Cannot listen on ${host}:${port} (${code}): set ${setting} to another address and port, or to off.\n`;
  return `Cannot listen on ${host}:${port} (${code})${hint === undefined ? "" : `: ${hint(port)}`}.\n`;
}

const HINTS: Readonly<Record<string, (port: number) => string>> = {
  EADDRINUSE: (port) =>
    `another process uses this port; choose another with --port ${port + 1 > 65_535 ? 4_001 : port + 1} or PORT, or 0 for any free port`,
  EACCES: () => "this user is not permitted to use this port; choose one from 1024 on, such as --port 4000",
  EADDRNOTAVAIL: () =>
    "this machine does not have this address; set HOST or --host to one of its addresses, such as 127.0.0.1",
  ENOTFOUND: () => "no host has this name; set HOST or --host to an address, such as 127.0.0.1",
};
