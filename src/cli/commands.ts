import { accountCommand } from './commands/account.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { demoCommand } from './commands/demo.ts';
import { deploymentCommand } from './commands/deployment.ts';
import { doctorCommand } from './commands/doctor.ts';
import { loginCommand } from './commands/login.ts';
import { outboxCommand } from './commands/outbox.ts';
import { peopleCommand } from './commands/people.ts';
import { registerCommand } from './commands/register.ts';
import { rmapiCommand } from './commands/rmapi.ts';
import { roomCommand } from './commands/room.ts';
import { sendCommand } from './commands/send.ts';
import { serveCommand } from './commands/serve.ts';
import type { CommandFactory } from './program.ts';

/** The commands, in the order of `bellhop --help`. */
export const commands: readonly CommandFactory[] = [
  sendCommand,
  serveCommand,
  loginCommand,
  registerCommand,
  accountCommand,
  roomCommand,
  doctorCommand,
  outboxCommand,
  deploymentCommand,
  peopleCommand,
  configCommand,
  demoCommand,
  rmapiCommand,
  completionCommand,
];
