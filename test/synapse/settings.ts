import { join } from 'node:path';

/** `open` lifts every rate limit, `default` leaves them as Synapse ships them. */
export type Limits = 'open' | 'default';

export interface Settings {
  readonly directory: string;
  readonly port: number;
  readonly serverName: string;
  readonly registrationSharedSecret: string;
  readonly limits: Limits;
  /** Further keys of `homeserver.yaml`. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
}

/** More than any test does. */
const unlimited = { per_second: 100_000, burst_count: 100_000 };

const openLimits = {
  rc_message: unlimited,
  rc_room_creation: unlimited,
  rc_registration: unlimited,
  rc_joins: { local: unlimited, remote: unlimited },
  rc_joins_per_room: unlimited,
  rc_invites: { per_room: unlimited, per_user: unlimited, per_issuer: unlimited },
  rc_login: { address: unlimited, account: unlimited, failed_attempts: unlimited },
  rc_3pid_validation: unlimited,
  rc_presence: { per_user: unlimited },
  rc_delayed_event_mgmt: unlimited,
  rc_reports: unlimited,
};

/** `homeserver.yaml`, in the JSON that YAML includes. */
export function homeserverYaml(settings: Settings): string {
  const { directory, port, limits } = settings;
  const resources = [{ names: ['client'] }];
  return JSON.stringify({
    server_name: settings.serverName,
    report_stats: false,
    listeners: [{ port, type: 'http', bind_addresses: ['127.0.0.1'], resources }],
    database: { name: 'sqlite3', args: { database: join(directory, 'homeserver.db') } },
    signing_key_path: join(directory, 'signing.key'),
    media_store_path: join(directory, 'media'),
    log_config: join(directory, 'log.yaml'),
    macaroon_secret_key: 'test',
    form_secret: 'test',
    registration_shared_secret: settings.registrationSharedSecret,
    trusted_key_servers: [],
    // The least that bcrypt takes: a login costs 16 ms instead of half a second.
    bcrypt_rounds: 4,
    ...(limits === 'open' ? openLimits : {}),
    ...settings.more,
  });
}

/** The configuration of its log: warnings and worse, into one file. */
export function logYaml({ directory }: Settings): string {
  const format = '%(asctime)s %(levelname)s %(name)s %(message)s';
  const filename = join(directory, 'homeserver.log');
  return JSON.stringify({
    version: 1,
    formatters: { line: { format } },
    handlers: { file: { class: 'logging.FileHandler', filename, formatter: 'line' } },
    root: { level: 'WARNING', handlers: ['file'] },
    disable_existing_loggers: false,
  });
}
