import { ids } from "../random.ts";

/** A session of a managed agent. */
export interface ManagedSession {
  readonly id: string;
  readonly agentId: string;
  readonly environmentId: string;
  /** Null where no deployment started it. */
  readonly deploymentId: string | null;
  /** Null where none was named. */
  readonly userProfileId: string | null;
}

/** Sessions by number: a few agents and environments, half of the sessions started by a deployment. */
export function createSessions(seed: number, stream: number): (number: number) => ManagedSession {
  const sessions = ids("sesn_", seed, stream);
  const agents = ids("agent_", seed, stream);
  const environments = ids("env_", seed, stream);
  const deployments = ids("depl_", seed, stream);
  const profiles = ids("uprof_", seed, stream);
  return (number) => ({
    id: sessions.of(number),
    agentId: agents.of(number % 3),
    environmentId: environments.of(number % 3 === 0 ? 0 : 1),
    deploymentId: number % 2 === 0 ? deployments.of(number % 3) : null,
    userProfileId: number % 5 === 0 ? null : profiles.of(number % 5),
  });
}
