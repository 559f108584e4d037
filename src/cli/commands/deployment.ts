import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { applyCommand } from './deployment/apply.ts';
import { driftCommand } from './deployment/drift.ts';
import { planCommand } from './deployment/plan.ts';
import { schemaCommand } from './deployment/schema.ts';

/** `bellhop deployment`: a homeserver's space and rooms, as a file says. */
export function deploymentCommand(context: CliContext): Command {
  return new Command('deployment')
    .description("bring a homeserver's space, rooms and people to what a file says")
    .addCommand(planCommand(context))
    .addCommand(applyCommand(context))
    .addCommand(driftCommand(context))
    .addCommand(schemaCommand(context));
}
