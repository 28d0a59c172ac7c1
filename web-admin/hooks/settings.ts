export interface AuditEventSettings {
  /** Where OTLP/HTTP logs are taken; of this origin, because a beacon carries no other credential than the session's cookie. */
  url?: string;
  /** `service.name` of the resource: which application this is. */
  serviceName: string;
  /** `service.version` of the resource. */
  serviceVersion?: string;
  /** What holds until the person says something else. Default: granted. */
  consent?: 'granted' | 'denied';
  /**
   * Who is signed in, as an opaque id. It is never sent. What could not be delivered is kept in this browser for the same person only:
   * without an id nothing is kept.
   */
  user?: () => string | null;
}

const DEFAULT_URL = '/v1/otlp/v1/logs';
let settings: AuditEventSettings = { serviceName: 'unknown' };

export const currentSettings = (): AuditEventSettings => settings;
export const urlOf = (): string => settings.url ?? DEFAULT_URL;
export const keepSettings = (next: AuditEventSettings): void => {
  settings = next;
};
