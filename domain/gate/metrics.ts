/** Every metric of the gate and what its label may say: nothing that names a service, a person or an address. */
export interface GateMetrics {
  /** A load of a configuration that Postgres did not answer. */
  'gate.config.load_failed': 'postgres';
  /** A check while Postgres was away: decided from the last known copy, or refused for lack of one. */
  'gate.check.postgres_away': 'last_known_good' | 'no_copy';
}
