import { serviceCountries } from '../schema/index.ts';
import { resource } from './resource.ts';

export interface CountryItem {
  id: string;
  serviceId: string;
  code: string;
  isAvailable: boolean;
  note: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

const country = resource<CountryItem, { serviceId: string; code: string }>({
  name: 'service_country',
  table: serviceCountries,
  fields: ['code', 'isAvailable', 'note'],
  changeable: ['isAvailable', 'note'],
  key: { code: serviceCountries.code },
  namedBy: 'code',
  about: 'service',
});

export const listCountries = country.list<{ serviceId: string }>({ order: ['code'] });
export const readCountry = country.read();
export const insertCountry = country.insert<{ serviceId: string }>();
export const updateCountry = country.update();
export const deleteCountry = country.remove();
