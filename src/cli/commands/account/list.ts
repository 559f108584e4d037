import { Command } from 'commander';
import type { AccountState, TokenState } from '../../../app/doctor/account-state.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { callLimit } from '../call-limit.ts';
import { table } from '../table.ts';

/** `bellhop account list`: who there is, and whether their tokens are taken. */
export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .description('show the configured accounts, and what their homeservers say of their tokens')
    .action(async () => {
      const globals = globalOptions(command);
      const { accountState } = await import('../../../app/doctor/account-state.ts');
      const { systemClock } = await import('../../../clock.ts');
      const { config } = await openConfig(context, globals);
      const signal = callLimit(context);
      const states = await Promise.all(
        [...config.accounts.values()].map(
          async (account) => await accountState(config, account, systemClock.now(), signal),
        ),
      );
      if (globals.json === true) {
        for (const state of states) context.stdout.write(`${JSON.stringify(toJson(state))}\n`);
      } else {
        context.stdout.write(table([heading, ...states.map(toRow)]));
      }
    });
  return addExample(command, 'bellhop account list', 'bellhop account list --json');
}

const heading = ['ACCOUNT', 'USER', 'HOMESERVER', 'DEVICE', 'TOKEN'];

function toJson({ name, userId, homeserver, deviceId, token }: AccountState): object {
  return {
    name,
    user_id: userId,
    homeserver,
    device_id: deviceId,
    token: token.kind,
    detail: 'words' in token ? token.words : undefined,
  };
}

function toRow({ name, userId, homeserver, deviceId, token }: AccountState): string[] {
  return [name, userId ?? '-', homeserver ?? '-', deviceId ?? '-', tokenWords(token)];
}

function tokenWords(token: TokenState): string {
  switch (token.kind) {
    case 'valid':
      return 'valid';
    case 'expired':
      return 'expired, is renewed at its next use';
    case 'none':
      return 'none yet';
    case 'refused':
      return `refused: ${token.words}`;
    case 'unreachable':
      return `unknown: ${token.words}`;
  }
}
