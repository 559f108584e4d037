import type { Clock } from '../clock.ts';
import type { Session } from '../matrix/session.ts';
import { type ApplyReport, applyDeployment, type TakenStep } from './apply.ts';
import type { DesiredDeployment } from './desired.ts';
import { observe } from './observed/observe.ts';
import type { Plan } from './plan/plan.ts';
import { planDeployment } from './plan/plan-deployment.ts';
import type { DeploymentRooms } from './rooms/deployment-rooms.ts';
import { LiveDeploymentRooms } from './rooms/live-deployment-rooms.ts';
import { RoomLocks } from './rooms/room-locks.ts';

export interface DeploymentPorts {
  /** A session that may administer; it waits for the homeserver. */
  readonly session: (signal: AbortSignal) => Promise<Session>;
  /**
   * Makes this process the only one that writes to this deployment, until `release`.
   * @throws Failure data_dir_owned when another is.
   */
  readonly takeWriter: () => { release(): void };
  readonly clock: Clock;
  readonly onStep: (taken: TakenStep) => void;
}

/** What an apply has come to, and the rooms as they can be spoken to from now on. */
export interface AppliedDeployment extends ApplyReport {
  readonly deploymentRooms: DeploymentRooms;
}

/** A deployment on its homeserver: looked at, or brought to what its file says; by one writer at a time. */
export class Deployment {
  readonly desired: DesiredDeployment;
  readonly #ports: DeploymentPorts;
  readonly #locks = new RoomLocks();

  constructor(desired: DesiredDeployment, ports: DeploymentPorts) {
    this.desired = desired;
    this.#ports = ports;
  }

  /** What there is to do, without doing it. @throws MatrixError, TransportError */
  async plan(signal: AbortSignal): Promise<Plan> {
    const session = await this.#ports.session(signal);
    return planDeployment(this.desired, await observe(this.desired, session, signal));
  }

  /** Does what there is to do. @throws Failure data_dir_owned; MatrixError, TransportError */
  async apply(signal: AbortSignal): Promise<AppliedDeployment> {
    const { takeWriter, clock, onStep } = this.#ports;
    const { desired } = this;
    return await this.#locks.run('the deployment', async () => {
      const session = await this.#ports.session(signal);
      const writer = takeWriter();
      try {
        const { serverName } = desired;
        const locks = this.#locks;
        const tools = { session, serverName, locks, now: () => clock.now() };
        const report = await applyDeployment(desired, tools, onStep, signal);
        const keys = desired.rooms.map(({ key }) => key);
        const { rooms } = report;
        const live = { session, serverName, keys, rooms, locks };
        return { ...report, deploymentRooms: new LiveDeploymentRooms(live) };
      } finally {
        writer.release();
      }
    });
  }
}
