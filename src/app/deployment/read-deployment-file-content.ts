import type { DesiredDeployment } from '../../deployment/desired.ts';
import { type FileProblem, type Place, problemsOf } from '../../deployment/file/file-problem.ts';
import { parseDeployment } from '../../deployment/file/parse-deployment.ts';
import { valueAt } from '../../describe-mismatch.ts';
import { type PeopleSettings, parsePeople } from '../../people/file/parse-people.ts';
import { readPeopleSection } from '../../people/file/people-section.ts';

export type ParsedDeploymentFile =
  | { readonly ok: true; readonly desired: DesiredDeployment; readonly people: PeopleSettings }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** What a deployment file says of rooms and people, given as the value its YAML stands for; or everything that is wrong. */
export function readDeploymentFileContent(value: unknown): ParsedDeploymentFile {
  const wrong = [...wrongValues(value), ...wrongPeople(value)];
  if (wrong.length > 0)
    return { ok: false, problems: [...wrong, ...furtherProblems(value, wrong)] };
  return parseWhole(value);
}

function parseWhole(value: unknown): ParsedDeploymentFile {
  const parsed = parseDeployment(value);
  const { deployment } = parsed;
  if (deployment === undefined) return { ok: false, problems: parsed.ok ? [] : parsed.problems };
  const people = parsePeople(deployment);
  if (parsed.ok && people.ok) return { ok: true, desired: deployment, people: people.settings };
  const problems = [parsed, people].flatMap((part) => (part.ok ? [] : part.problems));
  // A wrong default is told where it stands, and not again at everybody who has it.
  const isThere = ({ path }: FileProblem): boolean =>
    typeof path.at(-1) === 'string' || valueAt(value, path) !== undefined;
  return { ok: false, problems: problems.filter(isThere) };
}

/** The values that are wrong by themselves. */
function wrongValues(value: unknown): readonly FileProblem[] {
  const parsed = parseDeployment(value);
  return parsed.deployment === undefined && !parsed.ok ? parsed.problems : [];
}

function wrongPeople(value: unknown): readonly FileProblem[] {
  const section = isMap(value) ? value['people'] : undefined;
  const read = readPeopleSection(section);
  if (read.ok) return [];
  return problemsOf(read.issues, section ?? {}).map(({ path, message }) => ({
    path: ['people', ...path],
    message,
  }));
}

/** What contradicts itself in the rest of a file that has wrong values. */
function furtherProblems(value: unknown, wrong: readonly FileProblem[]): readonly FileProblem[] {
  const places = wrong.map(({ path }) => path);
  // Without a whole section nearly all the rest seems wrong.
  if (places.some((place) => place.length === 0 || isSection(place))) return [];
  const parsed = parseWhole(without(value, places));
  if (parsed.ok) return [];
  const isOfWrong = ({ path }: FileProblem): boolean => places.some((place) => begins(path, place));
  // Roles and rooms are named in lists, and what was left out is no mistake of whoever names it.
  const lacksOne = places.some(([head, ...rest]) => head !== 'people' && rest.length === 1);
  const isKnown = ({ path }: FileProblem): boolean => !lacksOne || typeof path.at(-1) === 'string';
  return parsed.problems.filter((problem) => !isOfWrong(problem) && isKnown(problem));
}

const isSection = ([head, ...rest]: Place): boolean =>
  rest.length === 0 && ['space', 'rooms', 'roles', 'people'].includes(String(head));

const begins = (path: Place, place: Place): boolean =>
  place.every((part, index) => part === path[index]);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value without what is at these places; of a list nothing is left, as the rest would move up. */
function without(value: unknown, places: readonly Place[]): unknown {
  if (!isMap(value)) return value;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const below = places.filter(([head]) => head === key).map(([, ...rest]) => rest);
    const isGone = below.some((rest) => rest.length === 0 || Array.isArray(inner));
    return isGone ? [] : [[key, without(inner, below)] as const];
  });
  return Object.fromEntries(kept);
}
