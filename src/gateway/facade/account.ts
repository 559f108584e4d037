import type { RouteOptions } from 'fastify';
import { sendingSource } from '../request-state.ts';
import { facadeUserId } from './facade-rooms.ts';
import { MatrixRefusal } from './matrix-refusal.ts';

/** `GET account/whoami` */
export function whoami(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => {
      const { loginId } = sendingSource(request);
      const answer = {
        user_id: facadeUserId(request),
        device_id: loginId === '' ? 'BELLHOP' : loginId,
        is_guest: false,
      };
      return reply.type('application/json').send(JSON.stringify(answer));
    },
  };
}

/** `POST logout`: nothing to forget; a façade token ends when the source's own token does. */
export function logout(url: string): RouteOptions {
  return {
    method: 'POST',
    url,
    handler: (_request, reply) => reply.type('application/json').send('{}'),
  };
}

/** `GET profile/{user}[/{field}]`: the source is called what the configuration calls it. */
export function profile(url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: (request, reply) => {
      const { user, field } = request.params as { readonly user: string; readonly field?: string };
      if (user !== facadeUserId(request) || (field !== undefined && field !== 'displayname')) {
        throw new MatrixRefusal(404, 'M_NOT_FOUND', 'No such profile');
      }
      const { name } = sendingSource(request).source;
      return reply.type('application/json').send(JSON.stringify({ displayname: name }));
    },
  };
}

/** `PUT profile/{user}/{field}`: taken and ignored; who speaks in the room is configured. */
export function setProfile(url: string): RouteOptions {
  return {
    method: 'PUT',
    url,
    handler: (_request, reply) => reply.type('application/json').send('{}'),
  };
}
