import type { DesiredDeployment } from '../../deployment/desired.ts';
import {
  type FileProblem,
  type Place,
  ProblemSink,
  problemsOf,
} from '../../deployment/file/file-problem.ts';
import { localpart, serverName } from '../../matrix/ids.ts';
import type { PersonExternalId } from '../lifecycle-change.ts';
import { localpartOf, type NameRule } from '../localpart.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import { type PeopleSection, readPeopleSection, type SectionPerson } from './people-section.ts';

/** A person whom the deployment file names. */
export interface DeclaredPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly displayName: string | undefined;
  readonly externalId: PersonExternalId | undefined;
}

/** What a deployment says of its people. */
export interface PeopleSettings {
  readonly policy: PeoplePolicy;
  readonly nameRule: NameRule;
  /** Localparts nobody may have, the bot's included. */
  readonly reserved: ReadonlySet<string>;
  /** How long the audit log is kept, in milliseconds. */
  readonly historyMs: number;
  /** By localpart. */
  readonly declared: ReadonlyMap<string, DeclaredPerson>;
}

export type ParsedPeople =
  | { readonly ok: true; readonly settings: PeopleSettings }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** What the `people` key of a deployment file means, together with the rest of it; or everything that is wrong. */
export function parsePeople(deployment: DesiredDeployment): ParsedPeople {
  const read = readPeopleSection(deployment.people);
  if (!read.ok) {
    const problems = problemsOf(read.issues, deployment.people ?? {});
    return {
      ok: false,
      problems: problems.map(({ path, message }) => ({ path: ['people', ...path], message })),
    };
  }
  const sink = new ProblemSink();
  const settings = settingsOf(read.section, deployment, sink);
  return sink.problems.length > 0 ? { ok: false, problems: sink.problems } : { ok: true, settings };
}

function settingsOf(
  section: PeopleSection,
  deployment: DesiredDeployment,
  sink: ProblemSink,
): PeopleSettings {
  const { roles, bot } = deployment;
  // A file that renames its roles still means them by their usual names: that they are gone is then told of each holder.
  const usual = (name: string) => (roles.size > 0 ? [name] : []);
  const defaultRoles = section.default_roles ?? usual('member');
  const adminRoles = section.admin_roles ?? usual('admin');
  const reserved = new Set(
    [bot.username, ...section.reserved].flatMap((name) => {
      const outcome = localpartOf(name, section.names, deployment.serverName);
      // The bot's is a localpart already: what a name is mapped to may be just that.
      return [name.toLowerCase(), ...(outcome.ok ? [outcome.localpart] : [])];
    }),
  );
  reportUnknown(section.default_roles ?? [], ['default_roles'], roles, sink);
  reportUnknown(section.admin_roles ?? [], ['admin_roles'], roles, sink);
  return {
    policy: {
      roles,
      defaultRoles,
      adminRoles,
      ...policyOf(section, deployment),
    },
    nameRule: section.names,
    reserved,
    historyMs: section.history,
    declared: declaredIn(section, { deployment, reserved, defaultRoles }, sink),
  };
}

function reportUnknown(
  names: readonly string[],
  place: Place,
  roles: DesiredDeployment['roles'],
  sink: ProblemSink,
): void {
  for (const [index, name] of names.entries()) {
    if (!roles.has(name)) sink.report(['people', ...place, index], 'is not a role of the file');
  }
}

interface DeclaredContext {
  readonly deployment: DesiredDeployment;
  readonly reserved: ReadonlySet<string>;
  readonly defaultRoles: readonly string[];
}

function declaredIn(
  { list, names, default_roles: named = [] }: PeopleSection,
  { deployment, reserved, defaultRoles }: DeclaredContext,
  sink: ProblemSink,
): Map<string, DeclaredPerson> {
  const declared = new Map<string, DeclaredPerson>();
  for (const [name, person] of Object.entries(list)) {
    const outcome = localpartOf(name, names, deployment.serverName);
    const place = ['people', 'list', name];
    if (!outcome.ok) {
      sink.report(place, outcome.why);
      continue;
    }
    if (reserved.has(outcome.localpart)) sink.report(place, 'is reserved');
    if (declared.has(outcome.localpart)) sink.report(place, 'is there twice');
    const roles = person?.roles ?? defaultRoles;
    reportUnknown(person?.roles ?? named, ['list', name, 'roles'], deployment.roles, sink);
    declared.set(outcome.localpart, declaredPerson(name, roles, person));
  }
  return declared;
}

function policyOf(
  { drift, guard, offboarding }: PeopleSection,
  deployment: DesiredDeployment,
): Pick<PeoplePolicy, 'drift' | 'spaceKey' | 'levelsOfFile' | 'offboarding' | 'guard'> {
  const { rooms } = deployment;
  return {
    drift,
    spaceKey: rooms.find(({ kind }) => kind === 'space')?.key,
    levelsOfFile: new Map(
      rooms.map(({ key, levels }) => {
        const users = [...levels.value.users.keys()];
        const own = users.filter((userId) => serverName(userId) === deployment.serverName);
        return [key, new Set(own.map(localpart))];
      }),
    ),
    guard: {
      percentMax: guard.percent,
      peopleMin: guard.people_min,
      windowMs: guard.window,
      settleMs: guard.settle,
    },
    offboarding: {
      redact: offboarding.redact,
      deleteMedia: offboarding.media,
      end: offboarding.end,
      erase: offboarding.erase,
      graceMs: offboarding.grace,
    },
  };
}

function declaredPerson(
  name: string,
  roles: readonly string[],
  person: SectionPerson | null,
): DeclaredPerson {
  const { external_id: externalId, display_name: displayName } = person ?? {};
  return {
    name,
    roles,
    displayName,
    externalId:
      externalId === undefined
        ? undefined
        : { provider: externalId.provider, externalId: externalId.id },
  };
}
