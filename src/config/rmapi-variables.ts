/** The variables that configure the drop-in for python-matrix-rmapi, and what they do. */
export const rmapiVariables = {
  SYNAPSE_URL: 'Synapse, as the drop-in reaches it; default `http://synapse:8008`.',
  SYNAPSE_REGISTRATION_SECRET: "Synapse's `registration_shared_secret`; needed.",
  SYNAPSE_BOT_USERNAME: "The bot's localpart; default `matrixrmapi-bot`.",
  SYNAPSE_TOKEN_FILE:
    "Where the bot's access token is kept; default `/data/persistent/synapse_admin_token`.",
  SERVER_DOMAIN:
    "Synapse's server name; default: the product's name in the manifest, without its first label.",
  LOG_LEVEL: 'A name, or a number as in Python (20 is `info`).',
  MTLS_HEADER_NAME:
    "The header that holds the client certificate's name; default `X-ClientCert-DN`.",
  MTLS_TRUST_L5D: 'Whether identities that a Linkerd mesh proves count; default `false`.',
  MTLS_L5D_HEADER_NAME: 'The header that holds them; default `l5d-client-id`.',
  MTLS_TRUSTED_INGRESS_IDENTITIES:
    'The proxies of the mesh whose certificate header counts, with commas between them.',
  MTLS_REQUIRE_L5D: 'Whether whoever comes from outside the mesh is refused; default `false`.',
  BELLHOP_DATA_DIR: 'Default: `bellhop` beside the token file.',
  BELLHOP_RMAPI_LISTEN: 'Default `0.0.0.0:8012`.',
  BELLHOP_RMAPI_MANIFEST:
    'A manifest that must be there. Without it: `/pvarki/kraftwerk-init.json`, or what an earlier start has read there, or made-up names with a warning.',
  BELLHOP_RMAPI_TRUSTED_PROXIES:
    'Addresses and networks of TCP peers whose identity header counts, with commas between them; default: loopback and private ones.',
  BELLHOP_RMAPI_TLS_CERT:
    "The listener's own certificate: it then speaks TLS only, and headers count for nothing.",
  BELLHOP_RMAPI_TLS_KEY: 'Its key.',
  BELLHOP_RMAPI_TLS_CLIENT_CA:
    'The authorities of client certificates, which need the extended key usage `clientAuth`.',
  BELLHOP_RMAPI_TLS_CRL: 'Their revocation lists; a new file takes effect within 10 s.',
  BELLHOP_RMAPI_HEALTH_LISTEN:
    'Where health alone is told in plain HTTP, as a prober has no certificate; default: `127.0.0.1:8013` with TLS, else nowhere.',
  BELLHOP_RMAPI_ROOM_VERSION: "The version of new rooms; default: the server's.",
  BELLHOP_RMAPI_FEDERATION:
    'Whether users of other homeservers can be in rooms that are made, which is fixed for ever then; default `true`, as the original.',
  BELLHOP_RMAPI_NAMES:
    'How a callsign becomes a localpart: `keycloak` (default; as Synapse maps what Keycloak gives it), `synapse`, or `strict` as the original.',
  BELLHOP_RMAPI_HEALTH:
    'What the health check says while the integration does not work: `always` healthy (default), or `truthful`.',
  BELLHOP_RMAPI_UI_DIR: 'The browser part, where no proxy serves it.',
  BELLHOP_RECONCILE_INTERVAL: 'How often what is wanted and what is are compared; default `30s`.',
} as const;

/** The name of one of them. */
export type RmapiVariable = keyof typeof rmapiVariables;
