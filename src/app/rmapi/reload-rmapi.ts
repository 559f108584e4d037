import type { RmapiConfig } from '../../config/rmapi-environment.ts';
import { toFailure } from '../../errors.ts';
import type { RmapiServer } from '../../gateway/rmapi/open-rmapi-server.ts';
import type { ReloadOutcome, RmapiLog } from './rmapi-log.ts';

export interface Reloadable {
  readonly server: Pick<RmapiServer, 'lookAtTls'>;
  readonly log: Pick<RmapiLog, 'reloaded'>;
  /** What it was started with. */
  readonly config: RmapiConfig;
}

type Part = Pick<ReloadOutcome, 'settings' | 'detail'>;

/** Whether another start would be one with other settings. */
async function compare(config: RmapiConfig, load: () => Promise<RmapiConfig>): Promise<Part> {
  try {
    // Secrets are left out: they are in the environment, and nobody changes that of a running process.
    const isSame = JSON.stringify(await load()) === JSON.stringify(config);
    if (isSame) return { settings: 'same' };
    return { settings: 'changed', detail: 'The manifest has changed, and counts after a restart.' };
  } catch (error) {
    const { message, problems } = toFailure(error);
    return { settings: 'invalid', detail: [message, ...problems].join(' ') };
  }
}

/** Takes what is in the TLS files now, and tells whether the manifest is still the one of the start; it never rejects. */
export async function reloadRmapi(
  { server, log, config }: Reloadable,
  load: () => Promise<RmapiConfig>,
): Promise<void> {
  const tls = await server.lookAtTls();
  const { settings, detail } = await compare(config, load);
  const details = [tls?.kind === 'refused' ? tls.why : undefined, detail];
  const told = details.filter((text) => text !== undefined).join('; ');
  log.reloaded({ tls: tls?.kind ?? 'none', settings, detail: told === '' ? undefined : told });
}
