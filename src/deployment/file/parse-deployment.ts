import type { DesiredDeployment, Role } from '../desired.ts';
import { buildRoom, type RoomContext } from './build-room.ts';
import { checkDeployment } from './check-deployment.ts';
import { readFileContent } from './deployment-schema.ts';
import type { BotContent, FileContent } from './file-content.ts';
import { type FileProblem, type Place, ProblemSink, problemsOf } from './file-problem.ts';

export type ParsedDeployment =
  | { readonly ok: true; readonly deployment: DesiredDeployment }
  | {
      readonly ok: false;
      readonly problems: readonly FileProblem[];
      /** What it would be: each value is right, and some contradict each other. Undefined: some is wrong by itself. */
      readonly deployment: DesiredDeployment | undefined;
    };

/** What a deployment file says, given as the value its YAML stands for; or everything that is wrong, with its place. */
export function parseDeployment(value: unknown): ParsedDeployment {
  const read = readFileContent(value);
  if (!read.success) {
    return { ok: false, problems: problemsOf(read.error.issues, value), deployment: undefined };
  }
  const sink = new ProblemSink();
  const deployment = build(read.data, sink);
  checkDeployment(deployment, sink);
  return sink.problems.length > 0
    ? { ok: false, problems: sink.problems, deployment }
    : { ok: true, deployment };
}

function build(file: FileContent, sink: ProblemSink): DesiredDeployment {
  const at = (...path: Place): RoomContext => ({
    serverName: file.server_name,
    hasSpace: file.space !== undefined,
    drift: file.drift ?? {},
    path,
    sink,
  });
  const { space, rooms } = file;
  const spaces = space === undefined ? [] : [buildRoom({ ...space, kind: 'space' }, at('space'))];
  return {
    name: file.name,
    homeserver: file.homeserver.replace(/\/+$/, ''),
    serverName: file.server_name,
    bot: {
      username: file.bot.username,
      registrationSecret: secretOf(file.bot, sink),
      tokenFile: file.bot.token_file,
    },
    roomVersion: file.room_version,
    federation: file.federation,
    rooms: [
      ...spaces,
      ...Object.entries(rooms).map(([key, room]) =>
        buildRoom({ ...room, key, kind: 'room' }, at('rooms', key)),
      ),
    ],
    roles: new Map<string, Role>(Object.entries(file.roles)),
    people: file.people,
  };
}

function secretOf(
  bot: BotContent,
  sink: ProblemSink,
): DesiredDeployment['bot']['registrationSecret'] {
  const { registration_secret: text, registration_secret_file: file } = bot;
  if (text !== undefined && file !== undefined) {
    sink.report(['bot', 'registration_secret'], 'is there twice: keep it or the file');
  }
  if (text !== undefined) return { text };
  return file === undefined ? undefined : { file };
}
