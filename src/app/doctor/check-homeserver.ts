import { toFailure } from '../../errors.ts';
import { openHomeserver } from '../../matrix/undici-homeserver.ts';
import { versions } from '../../matrix/versions.ts';
import { matrixFailure } from '../matrix-failure.ts';
import { type Finding, fail, ok } from './finding.ts';

/** Whether a homeserver answers, and what it speaks. @param baseUrl - as configured or discovered */
export async function checkHomeserver(baseUrl: string, signal: AbortSignal): Promise<Finding> {
  const check = `homeserver ${baseUrl}`;
  const homeserver = openHomeserver(baseUrl, { connections: 1 });
  try {
    const spoken = await versions(homeserver, signal);
    return ok(check, `answers, speaks up to ${spoken.at(-1) ?? 'no version it names'}`);
  } catch (thrown) {
    const failure = toFailure(matrixFailure(thrown));
    const { entry, message } = failure;
    const remedy = `${entry.remedy} Messages are kept meanwhile.`;
    return fail(check, message, remedy, entry.exit);
  } finally {
    await homeserver.close();
  }
}
