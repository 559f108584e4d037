import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
import type { Session } from '../../../matrix/session.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeResult } from '../../results.ts';
import { accountNotes } from '../account-notes.ts';
import { callLimit } from '../call-limit.ts';

/** Far above what homeservers take (Synapse: 50 MiB); theirs is asked for before the upload. */
const pictureBytesMax = 100 * 1024 * 1024;

interface ProfileOptions {
  readonly name?: string;
  readonly avatar?: string;
}

/** `bellhop account profile`: how an account looks to readers. */
export function profileCommand(context: CliContext): Command {
  const command = new Command('profile')
    .description('set the display name and the picture of an account')
    .argument('[account]', 'which account; default: the first')
    .option('--name <text>', 'display name')
    .option('--avatar <file>', 'picture')
    .action(async (name: string | undefined, options: ProfileOptions) => {
      const globals = globalOptions(command);
      if (options.name === undefined && options.avatar === undefined) {
        throw new Failure('usage', { detail: 'Give --name, --avatar or both.' });
      }
      const { accountOf, asAccount } = await import('../../../app/account-session.ts');
      const { config } = await openConfig(context, globals);
      const account = accountOf(config, name);
      const picture =
        options.avatar === undefined ? undefined : await readPicture(context, options.avatar);
      const signal = callLimit(context);
      const ports = { signal, onEvent: accountNotes(context) };
      const changed = await asAccount(config, account, ports, (session) =>
        dress(session, options.name, picture, signal),
      );
      writeResult(context, globals, {
        json: { account: account.name, ...changed },
        text: `Account ${account.name}: ${Object.values(changed).join(', ')}.`,
      });
    });
  return addExample(command, 'bellhop account profile --name Bellhop --avatar ./bell.png');
}

interface Picture {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

async function readPicture(context: CliContext, path: string): Promise<Picture> {
  const { contentTypeOf } = await import('../../../app/one-shot/content-type.ts');
  const { readRegularFile } = await import('../../../app/read-regular-file.ts');
  const contentType = contentTypeOf(path);
  if (!contentType.startsWith('image/')) {
    throw new Failure('bad_input', {
      detail: `${path} is no picture by its name; take .png, .jpg, .gif, .webp or .svg.`,
    });
  }
  const bytes = readRegularFile(resolve(context.cwd, path), pictureBytesMax, path);
  return { fileName: basename(path), contentType, bytes };
}

/** Sets what is given. @throws Failure bad_input for a picture that is larger than the homeserver takes */
async function dress(
  session: Session,
  name: string | undefined,
  picture: Picture | undefined,
  signal: AbortSignal,
): Promise<{ display_name?: string; avatar_url?: string }> {
  const { mediaConfig, uploadMedia } = await import('../../../matrix/media.ts');
  const { setAvatarUrl, setDisplayName } = await import('../../../matrix/profile.ts');
  const changed: { display_name?: string; avatar_url?: string } = {};
  if (name !== undefined) {
    await setDisplayName(session, name, signal);
    changed.display_name = name;
  }
  if (picture !== undefined) {
    const { uploadBytesMax } = await mediaConfig(session, signal);
    if (uploadBytesMax !== undefined && picture.bytes.length > uploadBytesMax) {
      throw new Failure('bad_input', {
        detail: `${picture.fileName} has ${picture.bytes.length} bytes; the homeserver takes ${uploadBytesMax}.`,
      });
    }
    const avatarUrl = await uploadMedia(session, picture, signal);
    await setAvatarUrl(session, avatarUrl, signal);
    changed.avatar_url = avatarUrl;
  }
  return changed;
}
