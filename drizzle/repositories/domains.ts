import { sql } from 'drizzle-orm';
import { serviceDomains } from '../schema/index.ts';
import { resource } from './resource.ts';

export interface DomainItem {
  id: string;
  serviceId: string;
  domain: string;
  createdBy: string;
  createdAt: string;
  version: number;
}

export const MAX_DOMAINS = 1000;

const domain = resource<DomainItem, { serviceId: string; domain: string }>({
  name: 'service_domain',
  table: serviceDomains,
  fields: ['domain'],
  key: { domain: serviceDomains.domain },
  namedBy: 'domain',
  about: 'service',
});

export const listDomains = domain.list<{ serviceId: string }>({ order: ['domain'] });

/** After lockList: the guard counts rows. */
export const insertDomain = domain.insert<{ serviceId: string }>({
  guards: {
    full: sql`(SELECT count(*) FROM ${serviceDomains} d WHERE d.service_id = draft.service_id) >= ${sql.raw(String(MAX_DOMAINS))}`,
  },
});

export const deleteDomain = domain.remove();
