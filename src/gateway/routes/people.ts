import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import { Failure } from '../../errors.ts';
import { readJson } from '../../formats/read-json.ts';
import { readText } from '../../formats/read-text.ts';
import type { PersonChange } from '../../people/lifecycle-change.ts';
import type { PeopleDoor, Recorded } from '../../people/people-door.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { personJson } from '../person-json.ts';
import { bodyOf } from '../read-body.ts';
import { operatorOf } from '../request-state.ts';

/** Matrix ids have at most 255 bytes, and nobody's name is longer. */
const nameLengthMax = 255;
/** A reason is a line of the audit log. */
const whyLengthMax = 512;
/** Deployments have a handful. */
const rolesMax = 32;

const name = z.string().min(1).max(nameLengthMax);

/** What a directory may say of a person. */
const personSchema = z.strictObject({
  active: z.boolean().optional(),
  display_name: name.optional(),
  roles: z.array(name).max(rolesMax).optional(),
  external_id: z.strictObject({ provider: name, id: name }).optional(),
  why: z.string().max(whyLengthMax).optional(),
});

type PersonBody = z.infer<typeof personSchema>;

/** @throws Failure bad_input, with every mistake */
function readPerson(request: FastifyRequest): PersonBody {
  const body = bodyOf(request.body);
  if (body.length === 0) return {};
  const text = readText(body);
  const json = text.ok ? readJson(text.text) : text;
  if (!json.ok) {
    const problems = json.problems.map(({ place, message }) => `${place}: ${message}`);
    throw new Failure('bad_input', { problems });
  }
  const parsed = personSchema.safeParse(json.value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? 'body' : path.join('.')}: ${message}`,
  );
  throw new Failure('bad_input', { problems, cause: parsed.error });
}

/** @throws Failure bad_input where nothing is said of the person: an empty body is a slip of the caller, and no creation */
function readUpdate(request: FastifyRequest): PersonBody {
  const body = readPerson(request);
  const { active, display_name, roles, external_id } = body;
  const isSaid = [active, display_name, roles, external_id].some((value) => value !== undefined);
  if (isSaid) return body;
  const problem =
    'body: It says nothing of the person; give active, display_name, roles or external_id.';
  throw new Failure('bad_input', { problems: [problem] });
}

/** Who a path names. */
function nameOf(request: FastifyRequest): string {
  const { id } = request.params as { readonly id: string };
  return id;
}

/** @throws Failure not_found where there is no deployment to have people */
function peopleOf({ deps }: GatewayContext): PeopleDoor {
  if (deps.people !== undefined) return deps.people;
  throw new Failure('not_found', { detail: 'No deployment is configured here.' });
}

/** A person who is not called active or inactive stays what it is; one that nobody has spoken of is new. */
async function kindOf(
  people: PeopleDoor,
  id: string,
  active: boolean | undefined,
): Promise<'created' | 'revoked' | 'updated'> {
  if (active !== undefined) return active ? 'created' : 'revoked';
  const person = await people.show(id);
  return person === undefined || person.standing === 'unstated' ? 'created' : 'updated';
}

function answerRecorded(reply: FastifyReply, { personId, revision, standing }: Recorded): string {
  reply.code(202).header('location', `/v1/people/${encodeURIComponent(personId)}`);
  reply.type('application/json');
  return JSON.stringify({ id: personId, revision, standing });
}

/**
 * `PUT /v1/people/{id}`: what a directory says of a person, on disk before the 202. `active: true` also lets a revoked
 * person in again, `active: false` is the same as DELETE; without it a known person is only updated.
 */
export function putPerson(context: GatewayContext): RouteOptions {
  return {
    method: 'PUT',
    url: '/v1/people/:id',
    handler: async (request, reply) => {
      const source = operatorOf(request);
      const people = peopleOf(context);
      const body = readUpdate(request);
      const id = nameOf(request);
      const kind = await kindOf(people, id, body.active);
      const change: PersonChange = {
        name: id,
        kind,
        source,
        guarded: kind === 'revoked',
        why: body.why,
        displayName: body.display_name,
        roles: body.roles,
        externalId: body.external_id && {
          provider: body.external_id.provider,
          externalId: body.external_id.id,
        },
      };
      return answerRecorded(reply, await people.change(change));
    },
  };
}

/** `DELETE /v1/people/{id}`: revoked; on disk before the 202, and held where a directory revokes too many at once. */
export function deletePerson(context: GatewayContext): RouteOptions {
  return {
    method: 'DELETE',
    url: '/v1/people/:id',
    handler: async (request, reply) => {
      const source = operatorOf(request);
      const people = peopleOf(context);
      const { why } = readPerson(request);
      const change = {
        name: nameOf(request),
        kind: 'revoked',
        source,
        guarded: true,
        why,
      } as const;
      return answerRecorded(reply, await people.change(change));
    },
  };
}

/** `GET /v1/people/{id}`: what is wanted of a person, and how far it is. */
export function showPerson(context: GatewayContext): RouteOptions {
  return {
    method: 'GET',
    url: '/v1/people/:id',
    handler: async (request, reply) => {
      operatorOf(request);
      const person = await peopleOf(context).show(nameOf(request));
      if (person === undefined) throw new Failure('not_found');
      reply.type('application/json');
      return JSON.stringify(personJson(person));
    },
  };
}
