import type { PersonView } from '../people/people-door.ts';

const isoTime = (ms: number): string => new Date(ms).toISOString();

/** How a person is shown in the API and by `bellhop people`; members without a value are left out. */
export function personJson(view: PersonView): Readonly<Record<string, unknown>> {
  const { personId, offboarding, externalId } = view;
  return {
    id: personId,
    name: view.name,
    standing: view.standing,
    roles: view.roles,
    display_name: view.displayName,
    external_id: externalId && { provider: externalId.provider, id: externalId.externalId },
    source: view.source,
    changed_at: isoTime(view.changedAt),
    revision: view.revision,
    state: view.state,
    detail: view.detail,
    state_at: isoTime(view.stateAt),
    user_id: view.userId,
    offboarding: offboarding && {
      stage: offboarding.stage,
      evidence: offboarding.evidence.map(({ at, what }) => ({ at: isoTime(at), what })),
    },
  };
}
