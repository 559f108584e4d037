import {
  belongsTo,
  type FoundPassword,
  type KeptPassword,
} from '../../../accounts/kept-password.ts';
import { Failure } from '../../../errors.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { writeNote } from '../../results.ts';
import { canAsk } from './ask-password.ts';

/** Where an account's password may come from, in this order: given, kept, asked for. */
export interface PasswordSources {
  /** Undefined: it is not known whose it would be. */
  readonly kept: KeptPassword | undefined;
  /** The base URL that the password goes to. */
  readonly homeserver: () => Promise<string>;
  /** By an option or the configuration; undefined: by neither. */
  readonly given: () => Promise<string | undefined>;
  /** Of the person at the terminal; undefined: they gave none. */
  readonly ask: () => Promise<string | undefined>;
}

/**
 * Runs `task` with a password, which is looked for when it asks. A kept one that is refused is asked for instead where
 * there is a terminal; once another has worked, it is removed.
 *
 * @throws Failure what `task` throws; of a refusal of the kept password it names the file
 */
export async function withPassword<Result>(
  context: CliContext,
  globals: GlobalOptions,
  sources: PasswordSources,
  task: (password: () => Promise<string | undefined>) => Promise<Result>,
): Promise<Result> {
  const { kept } = sources;
  let tried: KeptPassword | undefined;
  let other: string | undefined;
  const ask = async (): Promise<string | undefined> => {
    other = await sources.ask();
    return other;
  };
  const find = async (): Promise<string | undefined> => {
    other = await sources.given();
    if (other !== undefined) return other;
    const found = await usable(context, globals, sources);
    if (found === undefined) return await ask();
    tried = kept;
    return found.text;
  };
  const retry = async (thrown: unknown): Promise<Result> => {
    if (tried === undefined || !isRefusal(thrown)) throw thrown;
    if (!canAsk(context)) throw refused(thrown, tried.place);
    writeNote(context, globals, `The password in ${tried.place} is not taken.`);
    return await task(ask);
  };
  const result = await task(find).catch(retry);
  // What cannot be removed is found stale the next time.
  if (other !== undefined) {
    await removeStale(context, globals, sources, other).catch(() => undefined);
  }
  return result;
}

/** The kept password, if it belongs to this homeserver: nobody else gets it unless a person says so. */
async function usable(
  context: CliContext,
  globals: GlobalOptions,
  { kept, homeserver }: PasswordSources,
): Promise<FoundPassword | undefined> {
  const found = await kept?.read();
  if (kept === undefined || found === undefined) return undefined;
  const baseUrl = await homeserver();
  if (belongsTo(found, baseUrl)) return found;
  const note = `The password in ${kept.place} belongs to ${found.origin ?? 'a homeserver that is not known'}, and is not given to ${baseUrl} by itself. If that is the same homeserver, give it with --password-file.`;
  writeNote(context, globals, note);
  return undefined;
}

/** After another password has worked: the account has no two. */
async function removeStale(
  context: CliContext,
  globals: GlobalOptions,
  { kept, homeserver }: PasswordSources,
  worked: string,
): Promise<void> {
  const found = await kept?.read();
  if (kept === undefined || found === undefined || found.text === worked) return;
  if (!belongsTo(found, await homeserver())) return;
  await kept.remove();
  writeNote(context, globals, `The password in ${kept.place} was another, and is removed.`);
}

function isRefusal(thrown: unknown): thrown is Failure {
  if (!(thrown instanceof Failure)) return false;
  return thrown.code === 'login_refused' || thrown.code === 'authentication_needed';
}

/** Says of a refusal that the password was not the caller's, and how to give another. */
function refused(failure: Failure, place: string): Failure {
  return new Failure(failure.code, {
    detail: `${failure.detail ?? ''} This was the password of ${place}; give another with --password-file.`,
    cause: failure,
  });
}
