/**
 * The test cases of python-matrix-rmapi 1.0.3. Undefined: the same holds here. Else what holds instead, and why.
 * Each is claimed by a test of this folder with the case's name in its title.
 */
export const originalCases: Readonly<Record<string, string | undefined>> = {
  'test_app::apply_pending_promote_sets_power_and_joins_admin':
    'one write of levels for each room, in no particular order: rooms do not wait for one another',
  'test_app::apply_pending_demote_sets_power_and_kicks_admin': undefined,
  'test_app::apply_pending_multiple_users': undefined,
  'test_app::apply_pending_no_admin_room_skips_join':
    'the rest is done, and the person stays marked until the room is there: nothing is dropped',
  'test_app::apply_pending_error_is_caught_not_raised':
    'the one who failed is tried again, instead of being dropped',
  'test_app::apply_pending_empty_queue_is_noop':
    'no write; the rooms are looked at, so that what changed by hand is seen',
  'test_app::ensure_room_returns_existing_room': undefined,
  'test_app::ensure_room_creates_new_room': undefined,
  'test_crud::unauth': undefined,
  'test_crud::create': undefined,
  'test_crud::update': undefined,
  'test_crud::revoke': undefined,
  'test_crud::promote': undefined,
  'test_crud::demote': undefined,
  'test_crud::promote_queues_uid_when_synapse_not_ready': 'on disk, by the localpart',
  'test_crud::demote_queues_uid_when_synapse_not_ready': 'on disk, by the localpart',
  'test_crud::demote_overwrites_pending_promote': undefined,
  'test_description::get_description[en]': undefined,
  'test_description::get_description[fi]': undefined,
  'test_fragment::unauth': undefined,
  'test_fragment::get_fragment': undefined,
  'test_fragment::get_admin_fragment': undefined,
  'test_markdown::get_v2_user_markdown[en]': undefined,
  'test_markdown::get_v2_user_markdown[fi]': undefined,
  'test_markdown::get_v2_user_markdown[sv]': undefined,
  'test_markdown::get_v2_user_markdown_wrongcaller[en]': undefined,
  'test_markdown::get_v2_user_markdown_wrongcaller[fi]': undefined,
  'test_markdown::get_v2_user_markdown_wrongcaller[sv]': undefined,
  'test_matrixrmapi::version': 'the version is its own',
  'test_matrixrmapi::healthcheck': undefined,
  'test_openapi::document': undefined,
  'test_openapi::docs': undefined,
  'test_synapse_admin::matrix_user_id_lowercase': undefined,
  'test_synapse_admin::matrix_user_id_already_lowercase': undefined,
  'test_synapse_admin::matrix_user_id_special_characters': undefined,
  'test_synapse_admin::matrix_user_id_invalid_space':
    'refused with BELLHOP_RMAPI_NAMES=strict; by default it is mapped as Synapse maps it at the login',
  'test_synapse_admin::matrix_user_id_invalid_at':
    'refused with BELLHOP_RMAPI_NAMES=strict; by default it is mapped as Synapse maps it at the login',
  'test_synapse_admin::matrix_user_id_invalid_exclamation':
    'refused with BELLHOP_RMAPI_NAMES=strict; by default it is mapped as Synapse maps it at the login',
  'test_synapse_admin::force_join_success': undefined,
  'test_synapse_admin::force_join_404_is_skipped':
    'the person waits for an account, instead of being dropped',
  'test_synapse_admin::force_join_already_in_room_is_skipped':
    'the membership is read before: whoever is in is not joined again',
  'test_synapse_admin::force_join_other_403_raises':
    'the other rooms are gone on with, and the person stays marked with the reason',
  'test_synapse_admin::deactivate_success': undefined,
  'test_synapse_admin::deactivate_404_is_skipped':
    'the person waits: an account that appears later is ended then',
  'test_synapse_admin::deactivate_uses_v1_endpoint': undefined,
  'test_synapse_admin::deactivate_erases': undefined,
  'test_synapse_admin::kick_success': undefined,
  'test_synapse_admin::kick_not_in_room_is_skipped':
    'the membership is read before: whoever is out is not kicked',
  'test_synapse_admin::kick_other_403_raises':
    'the person stays marked with the reason, and is tried again',
  'test_synapse_admin::create_room_bot_at_200':
    'up to room version 11; in version 12 the creator stands above all levels, and naming it is refused',
  'test_synapse_admin::create_room_space_type': undefined,
  'test_synapse_admin::create_room_private_preset':
    'for every room: each is made complete in one request, and never open meanwhile',
  'test_synapse_admin::room_id_for_alias_found': undefined,
  'test_synapse_admin::room_id_for_alias_404': undefined,
  'test_synapse_admin::add_child_to_space': undefined,
  'test_synapse_admin::set_room_state_type_in_url': undefined,
  'test_synapse_admin::set_room_state_state_key_encoded':
    '`!` stays as it is: a path may hold it (RFC 3986, 3.3); what it may not hold is encoded',
  'test_synapse_admin::get_power_levels':
    'levels are read with the rest of the room, in one request for all of it',
  'test_synapse_admin::set_user_power_level_writes_100': undefined,
  'test_synapse_admin::set_user_power_level_zero_deletes_entry': undefined,
  'test_synapse_admin::invite_success':
    'nobody is invited: the original never does it either, it joins',
  'test_synapse_admin::set_power_level_in_rooms_calls_each_room':
    'one read and one write for each room, for all people together',
};
