import { parseJsonObject } from '../json-content.ts';
import { ok, Refusal } from '../reply.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import type { Caller } from '../users.ts';

const user = '/_matrix/client/v3/user/{userId}';
const accountData = `${user}/account_data/{type}`;

/** What the server keeps of a user's own: filters and account data, client-server API §6.3 and §10.17. */
export const accountRoutes: readonly Route[] = [
  authenticated('defineFilter', 'POST', `${user}/filter`, (world, request, caller) => {
    checkOwn(request, caller, 'Cannot create filters for other users');
    const filter = parseJsonObject(request.body);
    return ok({ filter_id: world.filters.add(caller.userId, filter) });
  }),
  authenticated('getFilter', 'GET', `${user}/filter/{filterId}`, (world, request, caller) => {
    checkOwn(request, caller, 'Cannot get filters for other users');
    const filter = world.filters.get(caller.userId, request.param('filterId'));
    if (filter === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'No such filter');
    return ok(filter);
  }),
  authenticated('setAccountData', 'PUT', accountData, (world, request, caller) => {
    checkOwn(request, caller, 'Cannot add account data for other users.');
    world.accountData.put(caller.userId, request.param('type'), parseJsonObject(request.body));
    return ok({});
  }),
  authenticated('getAccountData', 'GET', accountData, (world, request, caller) => {
    checkOwn(request, caller, 'Cannot get account data for other users.');
    const content = world.accountData.get(caller.userId, request.param('type'));
    if (content === undefined) throw new Refusal(404, 'M_NOT_FOUND', 'Account data not found');
    return ok(content);
  }),
];

function checkOwn(request: FakeRequest, caller: Caller, error: string): void {
  if (request.param('userId') !== caller.userId) throw new Refusal(403, 'M_FORBIDDEN', error);
}
